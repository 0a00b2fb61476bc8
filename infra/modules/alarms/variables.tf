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

variable "mail_addresses" {
  type        = list(string)
  description = "Who is told, by mail; at least one."

  validation {
    condition     = length(var.mail_addresses) > 0 && alltrue([for address in var.mail_addresses : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "mail_addresses must name at least one address: an alarm that nobody hears is none."
  }
}

variable "dead_letter_queue_names" {
  type        = list(string)
  description = "Queues in which a single message is too many."

  validation {
    condition     = length(var.dead_letter_queue_names) > 0
    error_message = "dead_letter_queue_names must not be empty."
  }
}

variable "queue_name" {
  type        = string
  description = "Queue of new files."
}

variable "run_log_group_names" {
  type        = map(string)
  description = "Log groups in which a failed run leaves its line, by container."

  validation {
    condition     = length(var.run_log_group_names) > 0
    error_message = "run_log_group_names must not be empty."
  }
}

variable "watch_log_group_name" {
  type        = string
  description = "Log group of the watch that prints the days since the newest scores."
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

variable "cluster_name" {
  type        = string
  description = "The cluster of the services."
}

variable "service_names" {
  type        = list(string)
  description = "Services of which one container must always run."
}

variable "database_identifiers" {
  type        = list(string)
  description = "The databases."
}

variable "budget_amount" {
  type        = number
  description = "US dollars a month; told at 80 % and 100 % spent, and when the forecast passes it."

  validation {
    condition     = var.budget_amount > 0
    error_message = "budget_amount must be above 0."
  }
}
