mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/topic" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:credit-default-test-alarms" }
  }
}

variables {
  name                    = "credit-default-test"
  account_id              = "123456789012"
  mail_addresses          = ["model-risk@example.com", "operations@example.com"]
  dead_letter_queue_names = ["credit-default-test-incoming-dead", "credit-default-test-missed"]
  queue_name              = "credit-default-test-incoming"
  run_log_group_names     = { scorer = "/credit-default-test/scorer", trainer = "/credit-default-test/trainer" }
  watch_log_group_name    = "/credit-default-test/watch"
  cluster_name            = "credit-default-test"
  service_names           = ["mlflow", "scorer"]
  database_identifiers    = ["credit-default-test-mlflow"]
  budget_amount           = 500
}

run "defaults" {
  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset([
      "credit-default-test-incoming-dead-not-empty", "credit-default-test-missed-not-empty", "credit-default-test-incoming-waits",
      "credit-default-test-failed-runs", "credit-default-test-no-batch", "credit-default-test-mlflow-stands-still",
      "credit-default-test-scorer-stands-still", "credit-default-test-mlflow-disk",
    ])
    error_message = "Each kind of trouble must have its alarm."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:credit-default-test-alarms"])])
    error_message = "An alarm must reach somebody."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["credit-default-test-no-batch"].threshold == 35 && aws_cloudwatch_metric_alarm.this["credit-default-test-no-batch"].treat_missing_data == "breaching"
    error_message = "A watch that says nothing must ring like a batch that didn't come."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["credit-default-test-incoming-dead-not-empty"].threshold == 0
    error_message = "One dead letter is too many."
  }

  assert {
    condition     = toset([for filter in aws_cloudwatch_log_metric_filter.failed_runs : filter.log_group_name]) == toset(["/credit-default-test/scorer", "/credit-default-test/trainer"])
    error_message = "Every worker's log must be read for failed runs."
  }

  assert {
    condition     = toset([for subscription in aws_sns_topic_subscription.mail : subscription.endpoint]) == toset(["model-risk@example.com", "operations@example.com"])
    error_message = "Everybody named must be told."
  }

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.topic.arn && aws_kms_key.topic.enable_key_rotation
    error_message = "Alarms must travel encrypted."
  }

  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "500" && length(aws_budgets_budget.monthly.notification) == 3
    error_message = "The budget must tell three times."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name                    = "Credit"
    account_id              = "12345"
    mail_addresses          = []
    dead_letter_queue_names = []
    run_log_group_names     = {}
    no_batch_days           = 0
    budget_amount           = 0
  }

  expect_failures = [
    var.name, var.account_id, var.mail_addresses, var.dead_letter_queue_names, var.run_log_group_names, var.no_batch_days,
    var.budget_amount,
  ]
}
