# What rings, and where: each alarm names what happened and what to do first. Mail goes to the people named; they confirm once.

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

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = toset(var.dead_letter_queue_names)

  alarm_name          = "${each.value}-not-empty"
  alarm_description   = "A message that nobody could handle waits in ${each.value}. Read it, mend the cause, then start its redrive."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "waiting" {
  alarm_name          = "${var.queue_name}-waits"
  alarm_description   = "A new file has waited for an hour: the listener or the scorer stands still. Look at their logs first."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = var.queue_name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3600
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
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

resource "aws_cloudwatch_metric_alarm" "failed_runs" {
  alarm_name          = "${var.name}-failed-runs"
  alarm_description   = "A flow run failed or crashed. Prefect shows which, and its reasons; a refused batch is in refused/."
  namespace           = local.namespace
  metric_name         = "FailedRuns"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
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

resource "aws_cloudwatch_metric_alarm" "no_batch" {
  alarm_name          = "${var.name}-no-batch"
  alarm_description   = "No batch was scored for ${var.no_batch_days} days, or the watch itself did not run for two days. Ask who sends the statements."
  namespace           = local.namespace
  metric_name         = "DaysSinceBatch"
  statistic           = "Maximum"
  period              = 86400
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.no_batch_days
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "no_container" {
  for_each = toset(var.service_names)

  alarm_name          = "${var.name}-${each.value}-stands-still"
  alarm_description   = "No container of ${each.value} has run for a quarter of an hour. Its log says why it stopped."
  namespace           = "ECS/ContainerInsights"
  metric_name         = "RunningTaskCount"
  dimensions          = { ClusterName = var.cluster_name, ServiceName = each.value }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "database_space" {
  for_each = toset(var.database_identifiers)

  alarm_name          = "${each.value}-disk"
  alarm_description   = "Less than 2 GiB are free on the disk of ${each.value}. It grows by itself up to its limit; raise the limit."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 2147483648
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
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
