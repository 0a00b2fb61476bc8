mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/state" }
  }
}

variables {
  account_id = "123456789012"
  region     = "eu-central-1"
}

run "defaults" {
  assert {
    condition     = output.state_bucket == "credit-default-state-123456789012"
    error_message = "Environments look for the state bucket by this name."
  }

  assert {
    condition     = output.state_kms_key_arn == aws_kms_key.state.arn && aws_kms_key.state.enable_key_rotation
    error_message = "The state must be encrypted by a key that is turned."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github.client_id_list == toset(["sts.amazonaws.com"])
    error_message = "GitHub's tokens must be meant for AWS."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    account_id = "12345"
    region     = "Frankfurt"
  }

  expect_failures = [var.account_id, var.region]
}
