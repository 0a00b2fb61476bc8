variable "name" {
  type        = string
  description = "Prefix of every name: system and environment, such as credit-default-staging."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}[a-z0-9]$", var.name))
    error_message = "name must be 4 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "account_id" {
  type        = string
  description = "The AWS account, twelve digits."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be twelve digits."
  }
}

variable "region" {
  type        = string
  description = "The AWS region."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, such as eu-central-1."
  }
}

variable "repository_arn" {
  type        = string
  description = "ARN of the image repository."

  validation {
    condition     = can(regex("^arn:aws:ecr:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.repository_arn))
    error_message = "repository_arn must be one ARN of ecr, without wildcards."
  }
}

variable "image" {
  type        = string
  description = "The image by its digest, REPOSITORY@sha256:…: what was tested is what runs."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must name a digest (REPOSITORY@sha256:…), not a tag."
  }
}

variable "lake_uri" {
  type        = string
  description = "The application's lake."

  validation {
    condition     = can(regex("^s3://[a-z0-9-]+/[a-z0-9-]+$", var.lake_uri))
    error_message = "lake_uri must be s3://BUCKET/PREFIX."
  }
}

variable "artifacts_uri" {
  type        = string
  description = "Where MLflow's artifacts are."

  validation {
    condition     = can(regex("^s3://[a-z0-9-]+/[a-z0-9-]+$", var.artifacts_uri))
    error_message = "artifacts_uri must be s3://BUCKET/PREFIX."
  }
}

variable "queue_url" {
  type        = string
  description = "Queue that the listener hears."

  validation {
    condition     = can(regex("^https?://", var.queue_url))
    error_message = "queue_url must be an address."
  }
}

variable "logs_bucket" {
  type        = string
  description = "Bucket for the load balancer's access logs."

  validation {
    condition     = can(regex("^[a-z0-9-]{3,63}$", var.logs_bucket))
    error_message = "logs_bucket must be the name of a bucket."
  }
}

variable "certificate_arn" {
  type        = string
  description = "Certificate of mlflow.DOMAIN and prefect.DOMAIN, in ACM."

  validation {
    condition     = can(regex("^arn:aws:acm:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.certificate_arn))
    error_message = "certificate_arn must be one ARN of acm, without wildcards."
  }
}

variable "domain_name" {
  type        = string
  description = "Private domain of the services, such as credit.example.internal."

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.domain_name))
    error_message = "domain_name must be a domain name in lower case."
  }
}

variable "vpc_id" {
  type        = string
  description = "The network."

  validation {
    condition     = can(regex("^vpc-", var.vpc_id))
    error_message = "vpc_id must be the id of a network."
  }
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Addresses of S3 by the gateway endpoint."

  validation {
    condition     = can(regex("^pl-", var.s3_prefix_list_id))
    error_message = "s3_prefix_list_id must be the id of a prefix list."
  }
}

variable "endpoint_security_group_id" {
  type        = string
  description = "Security group of the interface endpoints."

  validation {
    condition     = can(regex("^sg-", var.endpoint_security_group_id))
    error_message = "endpoint_security_group_id must be the id of a security group."
  }
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "Private subnets in at least two zones."

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "private_subnet_ids must name at least two subnets."
  }
}

variable "client_cidr_blocks" {
  type        = list(string)
  description = "The lender's own networks (VPN, peering) from which people open MLflow, Prefect and the control room; private ranges only."
  default     = []

  validation {
    condition     = alltrue([for cidr in var.client_cidr_blocks : can(cidrnetmask(cidr)) && can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", cidr)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "client_cidr_blocks must be private IPv4 blocks of /16 or smaller."
  }
}

variable "network_cidr_block" {
  type        = string
  description = "Addresses of the network itself: of the load balancer, whose word the control room takes for where a person comes from."

  validation {
    condition     = can(cidrnetmask(var.network_cidr_block)) && can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.network_cidr_block))
    error_message = "network_cidr_block must be a private IPv4 block."
  }
}

variable "room_users_secret_arn" {
  type        = string
  description = "Secret with the content of the control room's users file, which `credit-default room-users add` writes; empty: nobody can sign in yet."
  default     = ""

  validation {
    condition     = var.room_users_secret_arn == "" || can(regex("^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+$", var.room_users_secret_arn))
    error_message = "room_users_secret_arn must be one ARN of secretsmanager, without wildcards, or empty."
  }
}

variable "task_role_arns" {
  type        = map(string)
  description = "Role of each job, from modules/identity."

  validation {
    condition     = alltrue([for job in ["trainer", "scorer", "monitor", "listener", "tracking", "orchestration", "watch", "room"] : contains(keys(var.task_role_arns), job)])
    error_message = "task_role_arns must have trainer, scorer, monitor, listener, tracking, orchestration, watch and room."
  }

  validation {
    condition     = length(distinct(values(var.task_role_arns))) == length(var.task_role_arns)
    error_message = "task_role_arns must give each job a role of its own."
  }
}

variable "worker_sizes" {
  type = map(object({
    cpu    = number
    memory = number
  }))
  description = "Fargate CPU units and MiB of each worker."
  default = {
    trainer = { cpu = 4096, memory = 16384 }
    scorer  = { cpu = 2048, memory = 8192 }
    monitor = { cpu = 1024, memory = 4096 }
  }

  validation {
    condition     = alltrue([for job in ["trainer", "scorer", "monitor"] : contains(keys(var.worker_sizes), job)])
    error_message = "worker_sizes must have trainer, scorer and monitor."
  }

  validation {
    condition     = alltrue([for size in values(var.worker_sizes) : contains([256, 512, 1024, 2048, 4096, 8192, 16384], size.cpu) && size.memory >= 2 * size.cpu && size.memory <= 8 * size.cpu])
    error_message = "worker_sizes must be CPU units that Fargate knows (256 to 16384) with 2 to 8 MiB a unit."
  }
}

variable "database_class" {
  type        = string
  description = "Machine of each database."
  default     = "db.t4g.small"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_class))
    error_message = "database_class must be a class of RDS, such as db.t4g.small."
  }
}

variable "database_two_zones" {
  type        = bool
  description = "Whether each database has a second one in another zone that takes over."
  default     = true
}

variable "deletion_protection" {
  type        = bool
  description = "Whether databases and load balancer refuse to be deleted; turn it off in a plan of its own, to leave."
  default     = true
}

variable "backup_days" {
  type        = number
  description = "Days of database backups."
  default     = 35

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "backup_days must be from 7 to 35."
  }
}

variable "log_days" {
  type        = number
  description = "Days that the services' logs are kept."
  default     = 400

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "log_days must be a retention that CloudWatch knows and at least a year: 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}
