output "application" {
  description = "The application's settings, for infra/write_config.py."
  value       = module.stack.application
}

output "deployment" {
  description = "What a pipeline and a person need to know: repository, roles, cluster, buckets, queue."
  value = {
    repository_url     = module.stack.repository_url
    pipeline_role_arns = module.stack.pipeline_role_arns
    person_role_arns   = module.stack.person_role_arns
    cluster_name       = module.stack.cluster_name
    service_names      = module.stack.service_names
    records_bucket     = module.stack.records_bucket
    artifacts_uri      = module.stack.artifacts_uri
    queue_url          = module.stack.queue_url
  }
}
