# The example that both files of tests stand on.

environment            = "staging"
account_id             = "123456789012"
region                 = "eu-central-1"
image_digest           = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
state_kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/state"
certificate_arn        = "arn:aws:acm:eu-central-1:123456789012:certificate/one"
domain_name            = "credit.example.internal"
availability_zones     = ["eu-central-1a", "eu-central-1b"]
client_cidr_blocks     = ["10.8.0.0/16"]
reader_principal_arns  = ["arn:aws:iam::123456789012:role/analyst"]
steward_principal_arns = ["arn:aws:iam::123456789012:role/privacy"]
github_repository      = "lender/credit-default"
mail_addresses         = ["model-risk@example.com"]
budget_amount          = 500
