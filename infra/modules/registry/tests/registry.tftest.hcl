mock_provider "aws" {}

variables {
  name       = "credit-default-test"
  account_id = "123456789012"
}

run "defaults" {
  assert {
    condition     = aws_ecr_repository.image.image_tag_mutability == "IMMUTABLE"
    error_message = "A tag must never move to another image."
  }

  assert {
    condition     = one(aws_ecr_repository.image.image_scanning_configuration).scan_on_push
    error_message = "Every image must be scanned when it comes."
  }

  assert {
    condition     = one(aws_ecr_repository.image.encryption_configuration).encryption_type == "KMS" && aws_kms_key.images.enable_key_rotation
    error_message = "Images must be encrypted by a key that is turned."
  }

  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.image.policy).rules : rule.selection.tagStatus] == ["untagged"]
    error_message = "An image that was ever released must stay."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name          = "Credit"
    account_id    = "12345"
    untagged_days = 0
  }

  expect_failures = [var.name, var.account_id, var.untagged_days]
}
