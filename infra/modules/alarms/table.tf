# The table of alarms, by name: what is measured, when it rings, and what to do first. `silence` says what no figure means.

locals {
  above = "GreaterThanThreshold"
  below = "LessThanThreshold"

  alarms = merge(
    { for queue in var.dead_letter_queue_names : "${queue}-not-empty" => {
      description = "A message that nobody could handle waits in ${queue}. Read it, mend the cause, then start its redrive."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = queue }
      statistic   = "Maximum"
      seconds     = 300
      count       = 1
      when        = local.above
      threshold   = 0
      silence     = "notBreaching"
    } },
    { "${var.queue_name}-waits" = {
      description = "A new file has waited for an hour: the listener or the scorer stands still. Look at their logs first."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = var.queue_name }
      statistic   = "Maximum"
      seconds     = 300
      count       = 1
      when        = local.above
      threshold   = 3600
      silence     = "notBreaching"
    } },
    { "${var.name}-failed-runs" = {
      description = "A flow run failed or crashed. Prefect shows which, and its reasons; a refused batch is in refused/."
      namespace   = local.namespace
      metric      = "FailedRuns"
      dimensions  = {}
      statistic   = "Sum"
      seconds     = 300
      count       = 1
      when        = local.above
      threshold   = 0
      silence     = "notBreaching"
    } },
    { "${var.name}-no-batch" = {
      description = "No batch was scored for ${var.no_batch_days} days, or the watch itself did not run for two. Ask who sends the statements."
      namespace   = local.namespace
      metric      = "DaysSinceBatch"
      dimensions  = {}
      statistic   = "Maximum"
      seconds     = 86400
      count       = 2
      when        = local.above
      threshold   = var.no_batch_days
      silence     = "breaching"
    } },
    { for service in var.service_names : "${var.name}-${service}-stands-still" => {
      description = "No container of ${service} has run for a quarter of an hour. Its log says why it stopped."
      namespace   = "ECS/ContainerInsights"
      metric      = "RunningTaskCount"
      dimensions  = { ClusterName = var.cluster_name, ServiceName = service }
      statistic   = "Minimum"
      seconds     = 300
      count       = 3
      when        = local.below
      threshold   = 1
      silence     = "breaching"
    } },
    { for database in var.database_identifiers : "${database}-disk" => {
      description = "Less than 2 GiB are free on the disk of ${database}. It grows by itself up to its limit; raise the limit."
      namespace   = "AWS/RDS"
      metric      = "FreeStorageSpace"
      dimensions  = { DBInstanceIdentifier = database }
      statistic   = "Minimum"
      seconds     = 300
      count       = 3
      when        = local.below
      threshold   = 2147483648
      silence     = "breaching"
    } },
  )
}
