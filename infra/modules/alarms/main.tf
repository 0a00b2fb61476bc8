# What rings, and where. The alarms stand in table.tf; mail goes to the people named, who confirm once.

locals {
  namespace = "CreditDefault/${var.name}"

  # what an unhappy run writes: Prefect's end of a flow run, and the command line's own last line
  failure_pattern = "?\"Finished in state Failed\" ?\"Finished in state Crashed\" ?\"reported as crashed\""
}

resource "aws_kms_key" "topic" {
  description             = "${var.name}: alarms on their way"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "AlarmsEncrypt"
        Effect    = "Allow"
        Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
    ]
  })
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.topic.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsAndBudget"
        Effect    = "Allow"
        Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "mail" {
  for_each = toset(var.mail_addresses)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = each.key
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.seconds
  evaluation_periods  = each.value.count
  comparison_operator = each.value.when
  threshold           = each.value.threshold
  treat_missing_data  = each.value.silence
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_log_metric_filter" "failed_runs" {
  for_each = var.run_log_group_names

  name           = "${var.name}-${each.key}-failed-runs"
  log_group_name = each.value
  pattern        = local.failure_pattern

  metric_transformation {
    namespace     = local.namespace
    name          = "FailedRuns"
    value         = "1"
    default_value = "0"
  }
}

# CloudWatch looks back a week at most and statements come monthly: the schedule's watch prints the days, this reads them.
resource "aws_cloudwatch_log_metric_filter" "days_since_batch" {
  name           = "${var.name}-days-since-batch"
  log_group_name = var.watch_log_group_name
  pattern        = "{ $.days_since_batch >= 0 }"

  metric_transformation {
    namespace = local.namespace
    name      = "DaysSinceBatch"
    value     = "$.days_since_batch"
  }
}

resource "aws_budgets_budget" "monthly" {
  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.budget_amount)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { expected = ["FORECASTED", 100], nearly = ["ACTUAL", 80], reached = ["ACTUAL", 100] }

    content {
      notification_type         = notification.value[0]
      threshold                 = notification.value[1]
      threshold_type            = "PERCENTAGE"
      comparison_operator       = "GREATER_THAN"
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
    }
  }
}
