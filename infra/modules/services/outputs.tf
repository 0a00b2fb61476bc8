output "mlflow_tracking_uri" {
  description = "MLflow's whole door: `mlflow.tracking_uri` in the application's settings."
  value       = local.mlflow_address
}

output "prefect_api_url" {
  description = "Prefect's API: `prefect.api_url` in the application's settings."
  value       = local.prefect_api_url
}

output "cluster_arn" {
  description = "The cluster, for the schedule."
  value       = aws_ecs_cluster.this.arn
}

output "cluster_name" {
  description = "The cluster's name, for the alarms."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "Names of the services that always stand."
  value       = sort(keys(aws_ecs_service.this))
}

output "task_definition_arns" {
  description = "Task definition of each container, without its revision."
  value       = { for name, task in aws_ecs_task_definition.this : name => task.arn_without_revision }
}

output "security_group_ids" {
  description = "Security group of each container."
  value       = { for name, group in aws_security_group.container : name => group.id }
}

output "execution_role_arn" {
  description = "Role that starts containers."
  value       = aws_iam_role.execution.arn
}

output "log_group_names" {
  description = "Log group of each container."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.name }
}

output "database_identifiers" {
  description = "Identifier of each database, for the alarms."
  value       = sort([for database in aws_db_instance.this : database.identifier])
}
