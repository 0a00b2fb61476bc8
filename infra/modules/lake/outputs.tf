output "lake_uri" {
  description = "The application's lake: `lake` in its settings."
  value       = "s3://${module.data.name}/${var.lake_prefix}"
}

output "artifacts_uri" {
  description = "Where MLflow's experiments keep their artifacts, one folder each below it."
  value       = "s3://${module.data.name}/${var.models_prefix}"
}

output "data_bucket" {
  description = "Name of the data bucket."
  value       = module.data.name
}

output "data_bucket_arn" {
  description = "ARN of the data bucket, known before it stands."
  value       = local.data_arn
}

output "data_bucket_policy" {
  description = "Policy of the data bucket, as JSON."
  value       = module.data.policy
}

output "records_bucket" {
  description = "Name of the locked bucket that holds the copy of ledger, champion and models."
  value       = module.records.name
}

output "records_bucket_arn" {
  description = "ARN of the locked bucket, known before it stands."
  value       = local.records_arn
}

output "records_bucket_policy" {
  description = "Policy of the locked bucket, as JSON."
  value       = module.records.policy
}

output "logs_bucket" {
  description = "Name of the bucket that takes the access logs."
  value       = module.logs.name
}

output "kms_key_arn" {
  description = "Key of the data, the records and the queue."
  value       = aws_kms_key.lake.arn
}

output "queue_arn" {
  description = "Queue that tells of new files in incoming/."
  value       = aws_sqs_queue.incoming.arn
}

output "queue_url" {
  description = "Address of that queue, for the listener."
  value       = aws_sqs_queue.incoming.id
}

output "queue_name" {
  description = "Name of that queue, for the alarms."
  value       = aws_sqs_queue.incoming.name
}

output "dead_letter_queue_name" {
  description = "Name of the queue of messages that nobody could handle, for the alarms."
  value       = aws_sqs_queue.dead.name
}
