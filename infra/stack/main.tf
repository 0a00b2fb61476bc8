# One whole system: the modules and the wires between them. An environment is a call of this with its own values
# (environments/staging, environments/production); nothing else differs between the two.

locals {
  name = "credit-default-${var.environment}"

  state_bucket_arn = "arn:aws:s3:::credit-default-state-${var.account_id}"
}

module "lake" {
  source = "../modules/lake"

  name             = local.name
  account_id       = var.account_id
  record_lock_mode = var.record_lock_mode
  record_days      = var.record_days
}

module "registry" {
  source = "../modules/registry"

  name       = local.name
  account_id = var.account_id
}

module "network" {
  source = "../modules/network"

  name               = local.name
  account_id         = var.account_id
  region             = var.region
  cidr_block         = var.cidr_block
  availability_zones = var.availability_zones
  bucket_arns        = [module.lake.data_bucket_arn]
}

module "identity" {
  source = "../modules/identity"

  name                   = local.name
  account_id             = var.account_id
  region                 = var.region
  data_bucket_arn        = module.lake.data_bucket_arn
  records_bucket_arn     = module.lake.records_bucket_arn
  kms_key_arn            = module.lake.kms_key_arn
  queue_arn              = module.lake.queue_arn
  repository_arn         = module.registry.repository_arn
  state_bucket_arn       = local.state_bucket_arn
  state_kms_key_arn      = var.state_kms_key_arn
  reader_principal_arns  = var.reader_principal_arns
  steward_principal_arns = var.steward_principal_arns
  github_repository      = var.github_repository
  github_environment     = var.environment
}

module "services" {
  source = "../modules/services"

  name                       = local.name
  account_id                 = var.account_id
  region                     = var.region
  repository_arn             = module.registry.repository_arn
  image                      = "${module.registry.repository_url}@${var.image_digest}"
  lake_uri                   = module.lake.lake_uri
  artifacts_uri              = module.lake.artifacts_uri
  queue_url                  = module.lake.queue_url
  logs_bucket                = module.lake.logs_bucket
  certificate_arn            = var.certificate_arn
  domain_name                = var.domain_name
  vpc_id                     = module.network.vpc_id
  s3_prefix_list_id          = module.network.s3_prefix_list_id
  endpoint_security_group_id = module.network.endpoint_security_group_id
  private_subnet_ids         = module.network.private_subnet_ids
  client_cidr_blocks         = var.client_cidr_blocks
  network_cidr_block         = var.cidr_block
  room_users_secret_arn      = var.room_users_secret_arn
  task_role_arns             = module.identity.task_role_arns
  worker_sizes               = var.worker_sizes
  database_class             = var.database_class
  database_two_zones         = var.database_two_zones
  deletion_protection        = var.deletion_protection
}

module "schedule" {
  source = "../modules/schedule"

  name                 = local.name
  account_id           = var.account_id
  region               = var.region
  kms_key_arn          = module.lake.kms_key_arn
  cluster_arn          = module.services.cluster_arn
  execution_role_arn   = module.services.execution_role_arn
  task_definition_arns = module.services.task_definition_arns
  task_role_arns       = module.identity.task_role_arns
  security_group_ids   = module.services.security_group_ids
  private_subnet_ids   = module.network.private_subnet_ids
}

module "alarms" {
  source = "../modules/alarms"

  name                    = local.name
  account_id              = var.account_id
  mail_addresses          = var.mail_addresses
  dead_letter_queue_names = [module.lake.dead_letter_queue_name, module.schedule.missed_queue_name]
  queue_name              = module.lake.queue_name
  run_log_group_names     = { for job in ["trainer", "scorer", "monitor"] : job => module.services.log_group_names[job] }
  watch_log_group_name    = module.services.log_group_names["watch"]
  no_batch_days           = var.no_batch_days
  cluster_name            = module.services.cluster_name
  service_names           = module.services.service_names
  database_identifiers    = module.services.database_identifiers
  budget_amount           = var.budget_amount
}
