output "topic_arn" {
  description = "Where alarms go; others may subscribe."
  value       = aws_sns_topic.alarms.arn
}
