mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/lake" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/credit-default-test-copier" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:credit-default-test-incoming" }
  }
}

variables {
  name       = "credit-default-test"
  account_id = "123456789012"
}

run "defaults" {
  assert {
    condition     = output.lake_uri == "s3://credit-default-test-data-123456789012/portfolio"
    error_message = "The lake must be a prefix of the data bucket."
  }

  assert {
    condition     = aws_kms_key.lake.enable_key_rotation
    error_message = "The key must be turned."
  }

  assert {
    condition     = toset([for statement in jsondecode(output.data_bucket_policy).Statement : statement.Sid]) == toset(["DenyInsecureTransport", "DenyOldTls", "NobodyDeletesEvidence", "NoOtherKey"])
    error_message = "The data bucket must refuse plain HTTP, old TLS, other keys and the deletion of evidence."
  }

  assert {
    condition     = toset([for statement in jsondecode(output.records_bucket_policy).Statement : statement.Sid]) == toset(["DenyInsecureTransport", "DenyOldTls", "NobodyDeletesRecords", "OnlyTheCopierWrites"])
    error_message = "The records must refuse plain HTTP, old TLS, every deletion and every writer but S3's copier."
  }
}

run "ledger_and_models_are_copied_to_the_locked_bucket" {
  assert {
    condition     = toset([for rule in aws_s3_bucket_replication_configuration.records.rule : one(rule.filter).prefix]) == toset(["portfolio/tables/ledger/", "portfolio/champion/", "mlartifacts/train/"])
    error_message = "Ledger, champion and models are the evidence."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_replication_configuration.records.rule : rule.status == "Enabled" && one(rule.delete_marker_replication).status == "Disabled"])
    error_message = "What was once recorded must stay recorded."
  }
}

run "new_files_are_told_to_the_queue_and_failures_kept" {
  assert {
    condition     = one(aws_s3_bucket_notification.incoming.queue).filter_prefix == "portfolio/incoming/"
    error_message = "Only new files must be told of."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.incoming.redrive_policy).maxReceiveCount == 5
    error_message = "A message that nobody can handle must end in the dead letters."
  }

  assert {
    condition     = aws_sqs_queue.incoming.kms_master_key_id == aws_kms_key.lake.arn && aws_sqs_queue.dead.kms_master_key_id == aws_kms_key.lake.arn
    error_message = "Both queues must be encrypted."
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_sqs_queue_policy.incoming.policy).Statement : statement.Sid if statement.Effect == "Deny"], "DenyInsecureTransport")
    error_message = "The queue must refuse plain HTTP."
  }

  assert {
    condition     = aws_sqs_queue.dead.message_retention_seconds == 1209600
    error_message = "Dead letters must wait as long as SQS lets them."
  }
}

run "other_prefixes_stay_together" {
  variables {
    lake_prefix   = "statements"
    models_prefix = "models"
  }

  assert {
    condition     = output.artifacts_uri == "s3://credit-default-test-data-123456789012/models" && one(aws_s3_bucket_notification.incoming.queue).filter_prefix == "statements/incoming/"
    error_message = "Every rule must follow the prefixes."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name               = "Credit"
    account_id         = "12345"
    lake_prefix        = "a/b"
    models_prefix      = ""
    record_lock_mode   = "NONE"
    record_days        = 0
    noncurrent_days    = 6
    processed_days     = 6
    refused_days       = 29
    log_days           = 364
    visibility_seconds = 29
    receive_count      = 1
  }

  expect_failures = [
    var.name, var.account_id, var.lake_prefix, var.models_prefix, var.record_lock_mode, var.record_days, var.noncurrent_days,
    var.processed_days, var.refused_days, var.log_days, var.visibility_seconds, var.receive_count,
  ]
}
