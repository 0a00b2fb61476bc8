# The bucket that keeps Terraform's state, made once per account, before any environment. Its own state is a file that the
# person who runs it keeps, or moves into the bucket afterwards.

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { system = "credit-default", managed_by = "terraform", part = "bootstrap" }
  }
}

resource "aws_kms_key" "state" {
  description             = "Terraform state of credit-default"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountDecidesByIam"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "state" {
  name          = "alias/credit-default-state"
  target_key_id = aws_kms_key.state.key_id
}

module "logs" {
  source = "../modules/bucket"

  name        = "credit-default-state-logs-${var.account_id}"
  expirations = { "access/" = 400 }
  policy_statements = jsonencode([{
    Sid       = "AccessLogs"
    Effect    = "Allow"
    Principal = { Service = "logging.s3.amazonaws.com" }
    Action    = "s3:PutObject"
    Resource  = "arn:aws:s3:::credit-default-state-logs-${var.account_id}/access/credit-default-state-${var.account_id}/*"
    Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
  }])
}

module "state" {
  source = "../modules/bucket"

  name            = "credit-default-state-${var.account_id}"
  kms_key_arn     = aws_kms_key.state.arn
  log_bucket      = module.logs.name
  noncurrent_days = 365
}

# One per account and shared by its environments: who may call is decided by each role's own trust policy.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
