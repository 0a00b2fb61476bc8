# Production: databases in two zones, records that nobody can unlock for seven years. Every value is the lender's own.

locals {
  account_id = "123456789012" # an example: yours has other digits
  region     = "eu-central-1"
}

terraform {
  required_version = ">= 1.10" # the state's lock file came with it

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # bootstrap/ made the bucket: `terraform init -backend-config=bucket=… -backend-config=kms_key_id=…`
  backend "s3" {
    key          = "credit-default-production/terraform.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = local.region
  allowed_account_ids = [local.account_id]

  default_tags {
    tags = { system = "credit-default", environment = "production", managed_by = "terraform" }
  }
}

module "stack" {
  source = "../../stack"

  environment  = "production"
  account_id   = local.account_id
  region       = local.region
  image_digest = var.image_digest

  # what the lender has already
  availability_zones = ["eu-central-1a", "eu-central-1b"]
  cidr_block         = "10.40.0.0/16"
  client_cidr_blocks = ["10.8.0.0/16"]
  domain_name        = "credit.example.internal"
  certificate_arn    = "arn:aws:acm:${local.region}:${local.account_id}:certificate/production"
  state_kms_key_arn  = "arn:aws:kms:${local.region}:${local.account_id}:key/state"
  github_repository  = "lender/credit-default"

  # who
  mail_addresses         = ["model-risk@example.com"]
  reader_principal_arns  = ["arn:aws:iam::${local.account_id}:role/analyst"]
  steward_principal_arns = ["arn:aws:iam::${local.account_id}:role/privacy"]

  # how much, how long, how safe
  record_lock_mode    = "COMPLIANCE"
  record_days         = 2557
  database_class      = "db.t4g.small"
  database_two_zones  = true
  deletion_protection = true
  no_batch_days       = 35
  budget_amount       = 900
}
