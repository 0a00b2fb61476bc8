output "schedule_names" {
  description = "Names of the schedules."
  value       = sort(keys(aws_scheduler_schedule.this))
}

output "missed_queue_name" {
  description = "Queue of runs that could not be started, for the alarms."
  value       = aws_sqs_queue.missed.name
}

output "scheduler_policy" {
  description = "What the scheduler may do, as JSON."
  value       = aws_iam_role_policy.scheduler.policy
}
