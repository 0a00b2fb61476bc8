mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/credit-default-test-scheduler" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:credit-default-test-missed" }
  }
}

variables {
  name                 = "credit-default-test"
  account_id           = "123456789012"
  region               = "eu-central-1"
  kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/lake"
  cluster_arn          = "arn:aws:ecs:eu-central-1:123456789012:cluster/credit-default-test"
  execution_role_arn   = "arn:aws:iam::123456789012:role/credit-default-test-execution"
  private_subnet_ids   = ["subnet-1", "subnet-2"]
  task_definition_arns = { for job in ["monitor", "watch"] : job => "arn:aws:ecs:eu-central-1:123456789012:task-definition/credit-default-test-${job}" }
  task_role_arns       = { for job in ["monitor", "watch"] : job => "arn:aws:iam::123456789012:role/credit-default-test-${job}" }
  security_group_ids   = { monitor = "sg-1", watch = "sg-2" }
}

run "defaults" {
  assert {
    condition     = toset(output.schedule_names) == toset(["monitor-history", "watch"])
    error_message = "The watch and the monthly look back must run by the clock."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : !one(one(one(schedule.target).ecs_parameters).network_configuration).assign_public_ip])
    error_message = "A scheduled container must have no public address."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : one(one(schedule.target).dead_letter_config).arn == aws_sqs_queue.missed.arn])
    error_message = "A run that could not start must be told of."
  }

  assert {
    condition     = one(jsondecode(one(aws_scheduler_schedule.this["monitor-history"].target).input).containerOverrides).command == ["credit-default", "monitor", "--history", "--json"]
    error_message = "The monitor must look at every batch."
  }

  assert {
    condition     = one([for statement in jsondecode(output.scheduler_policy).Statement : statement.Resource if statement.Sid == "HandOverRoles"]) == ["arn:aws:iam::123456789012:role/credit-default-test-execution", "arn:aws:iam::123456789012:role/credit-default-test-monitor", "arn:aws:iam::123456789012:role/credit-default-test-watch"]
    error_message = "The scheduler may hand over the roles of its jobs alone."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name               = "Credit"
    account_id         = "12345"
    region             = "Frankfurt"
    kms_key_arn        = "*"
    cluster_arn        = "*"
    execution_role_arn = "arn:aws:iam::123456789012:role/*"
    private_subnet_ids = []
    jobs               = { always = { description = "always", schedule = "always", container = "watch" } }
  }

  expect_failures = [
    var.name, var.account_id, var.region, var.kms_key_arn, var.cluster_arn, var.execution_role_arn, var.private_subnet_ids,
    var.jobs,
  ]
}

run "refuses_a_container_that_is_not_for_the_clock" {
  command = plan

  variables {
    jobs = { server = { description = "a server", schedule = "rate(1 day)", container = "mlflow" } }
  }

  expect_failures = [var.jobs]
}
