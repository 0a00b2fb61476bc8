# What happens by the clock: EventBridge starts a container with a command, under the role of the container's own job. Files
# that come at any hour go another way: the data bucket tells the queue, and the listener hears it (modules/lake).

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_sqs_queue" "missed" {
  name                      = "${var.name}-missed"
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 1209600
}

resource "aws_iam_role" "scheduler" {
  name        = "${var.name}-scheduler"
  description = "EventBridge, starting containers by the clock"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:scheduler:${var.region}:${var.account_id}:schedule/${var.name}/*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "start-scheduled-containers"
  role = aws_iam_role.scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Start"
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = sort(distinct([for job in var.jobs : "${var.task_definition_arns[job.container]}:*"]))
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        Sid       = "HandOverRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = sort(distinct(concat([var.execution_role_arn], [for job in var.jobs : var.task_role_arns[job.container]])))
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "TellWhatWasMissed"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.missed.arn]
      },
      {
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.kms_key_arn]
      },
    ]
  })
}

resource "aws_scheduler_schedule" "this" {
  for_each = var.jobs

  name                         = each.key
  description                  = each.value.description
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = each.value.schedule
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = var.cluster_arn
    role_arn = aws_iam_role.scheduler.arn
    input = jsonencode({
      containerOverrides = [for command in [each.value.command] : { name = each.value.container, command = command } if length(command) > 0]
    })

    ecs_parameters {
      task_definition_arn = var.task_definition_arns[each.value.container]
      launch_type         = "FARGATE"

      network_configuration {
        subnets          = var.private_subnet_ids
        security_groups  = [var.security_group_ids[each.value.container]]
        assign_public_ip = false
      }
    }

    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = aws_sqs_queue.missed.arn
    }
  }
}
