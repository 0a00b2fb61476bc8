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

variable "kms_key_arn" {
  type        = string
  description = "Key of the queue of missed runs and of the schedules."

  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be one ARN of kms, without wildcards."
  }
}

variable "cluster_arn" {
  type        = string
  description = "The cluster that runs the containers."

  validation {
    condition     = can(regex("^arn:aws:ecs:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.cluster_arn))
    error_message = "cluster_arn must be one ARN of ecs, without wildcards."
  }
}

variable "execution_role_arn" {
  type        = string
  description = "Role that starts containers."

  validation {
    condition     = can(regex("^arn:aws:iam:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.execution_role_arn))
    error_message = "execution_role_arn must be one ARN of iam, without wildcards."
  }
}

variable "task_definition_arns" {
  type        = map(string)
  description = "Task definition of each container, without its revision: a schedule starts the newest."
}

variable "task_role_arns" {
  type        = map(string)
  description = "Role of each job."
}

variable "security_group_ids" {
  type        = map(string)
  description = "Security group of each container."
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "Private subnets to run in."

  validation {
    condition     = length(var.private_subnet_ids) > 0
    error_message = "private_subnet_ids must name at least one subnet."
  }
}

variable "jobs" {
  type = map(object({
    description = string
    schedule    = string
    container   = string
    command     = optional(list(string), [])
  }))
  description = "What is run by the clock, by name: when (UTC), in which container, with which command (empty: the container's own)."
  default = {
    watch = {
      description = "how many days since the newest scores"
      schedule    = "cron(15 5 * * ? *)"
      container   = "watch"
    }
    monitor-history = {
      description = "drift and performance of every batch, when outcomes have come"
      schedule    = "cron(0 6 5 * ? *)"
      container   = "monitor"
      command     = ["credit-default", "monitor", "--history", "--json"]
    }
  }

  validation {
    condition     = alltrue([for job in values(var.jobs) : can(regex("^(cron|rate)\\(.+\\)$", job.schedule))])
    error_message = "the schedule of each of jobs must be cron(…) or rate(…)."
  }

  validation {
    condition     = alltrue([for job in values(var.jobs) : contains(["trainer", "scorer", "monitor", "watch"], job.container)])
    error_message = "the container of each of jobs must be trainer, scorer, monitor or watch."
  }
}
