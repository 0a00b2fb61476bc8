# lake and identity on a server that speaks AWS's language on this machine: what tests/infra/test_live.py applies.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  type        = string
  description = "The server, on loopback."
}

locals {
  name       = "credit-default-staging"
  account_id = "123456789012"
  region     = "eu-central-1"
}

provider "aws" {
  region                      = local.region
  access_key                  = "test-key"
  secret_key                  = "test-secret"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true

  endpoints {
    iam = var.endpoint
    kms = var.endpoint
    s3  = var.endpoint
    sqs = var.endpoint
    sts = var.endpoint
  }
}

module "lake" {
  source = "../modules/lake"

  name             = local.name
  account_id       = local.account_id
  record_lock_mode = "GOVERNANCE"
  record_days      = 1
}

module "identity" {
  source = "../modules/identity"

  name                   = local.name
  account_id             = local.account_id
  region                 = local.region
  data_bucket_arn        = module.lake.data_bucket_arn
  records_bucket_arn     = module.lake.records_bucket_arn
  kms_key_arn            = module.lake.kms_key_arn
  queue_arn              = module.lake.queue_arn
  repository_arn         = "arn:aws:ecr:${local.region}:${local.account_id}:repository/${local.name}"
  state_bucket_arn       = "arn:aws:s3:::credit-default-state-${local.account_id}"
  state_kms_key_arn      = "arn:aws:kms:${local.region}:${local.account_id}:key/state"
  reader_principal_arns  = ["arn:aws:iam::${local.account_id}:role/analyst"]
  steward_principal_arns = ["arn:aws:iam::${local.account_id}:role/privacy"]
  github_repository      = "lender/credit-default"
  github_environment     = "staging"
}

output "lake_uri" {
  description = "The lake that the application opens."
  value       = module.lake.lake_uri
}

output "queue_url" {
  description = "The queue that is told of new files."
  value       = module.lake.queue_url
}

output "records_bucket" {
  description = "The locked bucket."
  value       = module.lake.records_bucket
}

output "logs_bucket" {
  description = "The bucket of access logs."
  value       = module.lake.logs_bucket
}

output "policies" {
  description = "The policy of each job."
  value       = module.identity.policies
}

output "data_bucket_policy" {
  description = "The policy of the data bucket."
  value       = module.lake.data_bucket_policy
}
