variable "environment" {
  type        = string
  description = "Which of the two: part of every name, and the GitHub environment that may deploy."

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
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

variable "image_digest" {
  type        = string
  description = "Digest of the image in this environment's own repository, sha256:…: what was tested is what runs."

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest must be sha256: and 64 hexadecimal digits, not a tag."
  }
}

variable "state_kms_key_arn" {
  type        = string
  description = "Key of Terraform's state."

  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.state_kms_key_arn))
    error_message = "state_kms_key_arn must be one ARN of kms, without wildcards."
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

variable "room_users_secret_arn" {
  type        = string
  description = "Secret with the content of the control room's users file; empty: nobody can sign in yet."
  default     = ""

  validation {
    condition     = var.room_users_secret_arn == "" || can(regex("^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+$", var.room_users_secret_arn))
    error_message = "room_users_secret_arn must be one ARN of secretsmanager, without wildcards, or empty."
  }
}

variable "cidr_block" {
  type        = string
  description = "Addresses of the network, /16 to /20, not overlapping the networks that will be connected to it."
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr_block)) && try(tonumber(split("/", var.cidr_block)[1]) >= 16 && tonumber(split("/", var.cidr_block)[1]) <= 20, false)
    error_message = "cidr_block must be an IPv4 block from /16 to /20."
  }

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.cidr_block))
    error_message = "cidr_block must be of a private range (10/8, 172.16/12, 192.168/16)."
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Zones of the region, two to four; the database needs two."

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must name two to four different zones."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "availability_zones must belong to region."
  }
}

variable "client_cidr_blocks" {
  type        = list(string)
  description = "The lender's own networks (VPN, peering) from which people open MLflow and Prefect; private ranges only."
  default     = []

  validation {
    condition     = alltrue([for cidr in var.client_cidr_blocks : can(cidrnetmask(cidr)) && can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", cidr)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "client_cidr_blocks must be private IPv4 blocks of /16 or smaller."
  }
}

variable "reader_principal_arns" {
  type        = list(string)
  description = "People (roles or users of the account) who may read results; empty makes no such role."
  default     = []

  validation {
    condition     = alltrue([for arn in var.reader_principal_arns : can(regex("^arn:aws:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "reader_principal_arns must be ARNs of roles or users, without wildcards and not an account's root."
  }
}

variable "steward_principal_arns" {
  type        = list(string)
  description = "People who may delete a client's rows on request (`credit-default forget`); empty makes no such role."
  default     = []

  validation {
    condition     = alltrue([for arn in var.steward_principal_arns : can(regex("^arn:aws:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "steward_principal_arns must be ARNs of roles or users, without wildcards and not an account's root."
  }
}

variable "github_repository" {
  type        = string
  description = "owner/name of the repository whose workflows may deploy."

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be owner/name, without wildcards."
  }
}

variable "record_lock_mode" {
  type        = string
  description = "GOVERNANCE lets a named right lift the lock (staging); COMPLIANCE lets nobody, not even the account's root (production)."
  default     = "COMPLIANCE"

  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.record_lock_mode)
    error_message = "record_lock_mode must be GOVERNANCE or COMPLIANCE."
  }
}

variable "record_days" {
  type        = number
  description = "Days that ledger and models stay locked; seven years unless the law of the place says otherwise."
  default     = 2557

  validation {
    condition     = var.record_days >= 1 && var.record_days <= 36500
    error_message = "record_days must be from 1 to 36500."
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

variable "mail_addresses" {
  type        = list(string)
  description = "Who is told of alarms, by mail; at least one."

  validation {
    condition     = length(var.mail_addresses) > 0 && alltrue([for address in var.mail_addresses : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "mail_addresses must name at least one address: an alarm that nobody hears is none."
  }
}

variable "no_batch_days" {
  type        = number
  description = "Days without a scored batch after which somebody is told; statements come monthly."
  default     = 35

  validation {
    condition     = var.no_batch_days >= 1 && var.no_batch_days <= 366
    error_message = "no_batch_days must be from 1 to 366."
  }
}

variable "budget_amount" {
  type        = number
  description = "US dollars a month; told at 80 % and 100 % spent, and when the forecast passes it."

  validation {
    condition     = var.budget_amount > 0
    error_message = "budget_amount must be above 0."
  }
}
