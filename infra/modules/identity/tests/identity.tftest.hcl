mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
}

variables {
  name               = "credit-default-test"
  account_id         = "123456789012"
  region             = "eu-central-1"
  data_bucket_arn    = "arn:aws:s3:::credit-default-test-data-123456789012"
  records_bucket_arn = "arn:aws:s3:::credit-default-test-records-123456789012"
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/lake"
  queue_arn          = "arn:aws:sqs:eu-central-1:123456789012:credit-default-test-incoming"
  repository_arn     = "arn:aws:ecr:eu-central-1:123456789012:repository/credit-default-test"
  state_bucket_arn   = "arn:aws:s3:::credit-default-state-123456789012"
  state_kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/state"
  github_repository  = "lender/credit-default"
  github_environment = "staging"
}

run "defaults" {
  assert {
    condition     = toset(keys(aws_iam_role.task)) == toset(["trainer", "scorer", "monitor", "listener", "tracking", "orchestration", "watch", "room"])
    error_message = "Each job must have a role of its own."
  }

  assert {
    condition     = length(aws_iam_role.person) == 0
    error_message = "Nobody reads until somebody is named."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.task : jsondecode(role.assume_role_policy).Statement[0].Principal.Service == "ecs-tasks.amazonaws.com"])
    error_message = "Only a container may take a job's role."
  }

  assert {
    condition = alltrue([for job, role in aws_iam_role.pipeline : jsondecode(role.assume_role_policy).Statement[0].Condition == { StringEquals = {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "repo:lender/credit-default:environment:${job == "deploy" ? "staging" : "staging-plan"}"
    } }])
    error_message = "GitHub's roles must be bound to one repository and one environment, without wildcards."
  }

  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_role_policy.task["scorer"].policy).Statement : statement.Sid if statement.Effect == "Deny"]), "NeverTheModels")
    error_message = "The scorer must be forbidden to write models."
  }

  assert {
    condition     = !contains(flatten([for statement in jsondecode(aws_iam_role_policy.task["trainer"].policy).Statement : statement.Sid]), "NeverTheModels")
    error_message = "The trainer writes models."
  }
}

run "people_come_with_a_second_factor" {
  variables {
    reader_principal_arns  = ["arn:aws:iam::123456789012:role/analyst"]
    steward_principal_arns = ["arn:aws:iam::123456789012:user/privacy"]
  }

  assert {
    condition     = toset(keys(aws_iam_role.person)) == toset(["reader", "steward"])
    error_message = "Who is named must have a role."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.person : jsondecode(role.assume_role_policy).Statement[0].Condition.Bool["aws:MultiFactorAuthPresent"] == "true"])
    error_message = "A person must come with a second factor."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name                   = "Credit"
    account_id             = "12345"
    region                 = "Frankfurt"
    lake_prefix            = "*"
    models_prefix          = "a/*"
    data_bucket_arn        = "arn:aws:s3:::*"
    records_bucket_arn     = "credit-default-test-records"
    kms_key_arn            = "*"
    queue_arn              = "*"
    repository_arn         = "arn:aws:ecr:eu-central-1:123456789012:repository/*"
    state_bucket_arn       = "*"
    state_kms_key_arn      = "alias/state"
    reader_principal_arns  = ["*"]
    steward_principal_arns = ["arn:aws:iam::123456789012:root"]
    github_repository      = "lender/*"
    github_environment     = "*"
  }

  expect_failures = [
    var.name, var.account_id, var.region, var.lake_prefix, var.models_prefix, var.data_bucket_arn, var.records_bucket_arn,
    var.kms_key_arn, var.queue_arn, var.repository_arn, var.state_bucket_arn, var.state_kms_key_arn, var.reader_principal_arns,
    var.steward_principal_arns, var.github_repository, var.github_environment,
  ]
}
