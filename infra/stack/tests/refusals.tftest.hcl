mock_provider "aws" {}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    environment            = "test"
    account_id             = "12345"
    image_digest           = "latest"
    state_kms_key_arn      = "*"
    certificate_arn        = "*"
    domain_name            = "credit"
    cidr_block             = "10.40.0.0/24"
    client_cidr_blocks     = ["0.0.0.0/0"]
    reader_principal_arns  = ["*"]
    steward_principal_arns = ["*"]
    github_repository      = "lender/*"
    record_lock_mode       = "NONE"
    record_days            = 0
    worker_sizes           = {}
    database_class         = "small"
    mail_addresses         = []
    no_batch_days          = 0
    room_users_secret_arn  = "*"
    budget_amount          = 0
  }

  expect_failures = [
    var.environment, var.account_id, var.image_digest, var.state_kms_key_arn, var.certificate_arn, var.domain_name,
    var.cidr_block, var.client_cidr_blocks, var.reader_principal_arns, var.steward_principal_arns, var.github_repository,
    var.record_lock_mode, var.record_days, var.worker_sizes, var.database_class, var.mail_addresses, var.no_batch_days,
    var.budget_amount, var.room_users_secret_arn,
  ]
}

run "refuses_other_wrong_values" {
  command = plan

  variables {
    cidr_block         = "8.8.0.0/16"
    availability_zones = ["eu-central-1a"]
    worker_sizes       = { for job in ["trainer", "scorer", "monitor"] : job => { cpu = 3000, memory = 8192 } }
  }

  expect_failures = [var.cidr_block, var.availability_zones, var.worker_sizes]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region             = "Frankfurt"
    availability_zones = ["Frankfurt-a", "Frankfurt-b"]
  }

  expect_failures = [var.region]
}

run "refuses_a_zone_of_another_region" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a", "us-east-1b"]
  }

  expect_failures = [var.availability_zones]
}
