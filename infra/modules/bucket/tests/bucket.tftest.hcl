mock_provider "aws" {}

variables {
  name        = "credit-default-test-123456789012"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/one"
  log_bucket  = "credit-default-test-logs-123456789012"
}

run "defaults" {
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Every version must be kept."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "Objects must be encrypted by the key that was given."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "All four doors to the public must be shut."
  }

  assert {
    condition     = toset([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid if statement.Effect == "Deny"]) == toset(["DenyInsecureTransport", "DenyOldTls"])
    error_message = "The policy must refuse plain HTTP and old TLS."
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_prefix == "access/credit-default-test-123456789012/"
    error_message = "Access must be logged below the bucket's own name."
  }

  assert {
    condition     = length(aws_s3_bucket_object_lock_configuration.this) == 0 && !aws_s3_bucket.this.object_lock_enabled
    error_message = "Nothing is locked unless asked for."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A bucket that holds something must not be destroyed."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id] == ["unfinished-uploads", "older-versions"]
    error_message = "Without prefixes nothing but unfinished uploads and replaced versions goes away."
  }
}

run "a_bucket_for_logs_has_no_log_and_s3s_own_key" {
  variables {
    kms_key_arn = null
    log_bucket  = null
  }

  assert {
    condition     = length(aws_s3_bucket_logging.this) == 0
    error_message = "The log bucket must not log itself."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "S3 delivers access logs only to a bucket with its own keys."
  }
}

run "a_locked_bucket_keeps_every_version" {
  variables {
    object_lock     = { mode = "COMPLIANCE", days = 2557 }
    noncurrent_days = null
  }

  assert {
    condition     = one(one(aws_s3_bucket_object_lock_configuration.this[0].rule).default_retention).mode == "COMPLIANCE" && one(one(aws_s3_bucket_object_lock_configuration.this[0].rule).default_retention).days == 2557
    error_message = "The lock must be the one asked for."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id] == ["unfinished-uploads"]
    error_message = "No rule may take a version out of a locked bucket."
  }
}

run "prefixes_expire_and_cool" {
  variables {
    kept_prefixes = ["lake/tables/"]
    expirations   = { "lake/processed/" = 90 }
    transitions   = { "lake/tables/" = 90 }
  }

  assert {
    condition     = { for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id => one(rule.filter).prefix if length(rule.expiration) > 0 } == { expire-lake-processed = "lake/processed/" }
    error_message = "Only the prefix that was named may expire."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.transition).storage_class if rule.id == "cool-lake-tables"]) == "STANDARD_IA"
    error_message = "A kept prefix may grow cheaper; it stays."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name              = "Credit_Default"
    kms_key_arn       = "alias/one"
    object_lock       = { mode = "LEGAL", days = 1 }
    noncurrent_days   = 6
    kept_prefixes     = ["lake"]
    transitions       = { "lake/tables/" = 29 }
    policy_statements = "{}"
  }

  expect_failures = [
    var.name, var.kms_key_arn, var.object_lock, var.noncurrent_days, var.kept_prefixes, var.transitions,
    var.policy_statements,
  ]
}

run "refuses_to_expire_the_whole_bucket" {
  command = plan

  variables {
    expirations = { "" = 30 }
  }

  expect_failures = [var.expirations]
}

run "refuses_an_endless_lock" {
  command = plan

  variables {
    object_lock = { mode = "COMPLIANCE", days = 40000 }
  }

  expect_failures = [var.object_lock]
}

run "refuses_to_expire_what_is_kept_by_a_longer_prefix" {
  command = plan

  variables {
    kept_prefixes = ["lake/tables/"]
    expirations   = { "lake/tables/scores/" = 365 }
  }

  expect_failures = [var.expirations]
}

run "refuses_to_expire_what_is_kept_by_a_shorter_prefix" {
  command = plan

  variables {
    kept_prefixes = ["lake/tables/"]
    expirations   = { "lake/" = 365 }
  }

  expect_failures = [var.expirations]
}
