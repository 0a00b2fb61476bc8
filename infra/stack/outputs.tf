output "application" {
  description = "The application's settings, in its own names: `infra/write_config.py` makes config/aws.toml of them."
  value = {
    lake    = module.lake.lake_uri
    mlflow  = { tracking_uri = module.services.mlflow_tracking_uri }
    prefect = { api_url = module.services.prefect_api_url }
    listen  = { queue_url = module.lake.queue_url }
  }
}

output "repository_url" {
  description = "Where to push the image, without a tag."
  value       = module.registry.repository_url
}

output "pipeline_role_arns" {
  description = "Roles of GitHub Actions, publish, plan and deploy: variables of the repository's GitHub environment."
  value       = module.identity.pipeline_role_arns
}

output "person_role_arns" {
  description = "Roles that people take, by job."
  value       = module.identity.person_role_arns
}

output "records_bucket" {
  description = "The locked bucket, which stays when all else is destroyed."
  value       = module.lake.records_bucket
}

output "artifacts_uri" {
  description = "Where MLflow's experiments keep their artifacts: whoever makes an experiment gives it a folder below this."
  value       = module.lake.artifacts_uri
}

output "queue_url" {
  description = "Queue that tells of new files in incoming/."
  value       = module.lake.queue_url
}

output "cluster_name" {
  description = "The cluster, for a person who looks or a pipeline that waits for its services."
  value       = module.services.cluster_name
}

output "service_names" {
  description = "Services that always stand."
  value       = module.services.service_names
}
