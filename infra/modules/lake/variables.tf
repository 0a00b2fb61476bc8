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

variable "lake_prefix" {
  type        = string
  description = "Where the lake begins in the data bucket; the application's lake is s3://BUCKET/PREFIX."
  default     = "portfolio"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]*$", var.lake_prefix))
    error_message = "lake_prefix must be one part of lower-case letters, digits and hyphens, without /."
  }
}

variable "models_prefix" {
  type        = string
  description = "Where MLflow keeps artifacts in the data bucket, one folder below it for each experiment (train, predict, monitor)."
  default     = "mlartifacts"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]*$", var.models_prefix))
    error_message = "models_prefix must be one part of lower-case letters, digits and hyphens, without /."
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

variable "noncurrent_days" {
  type        = number
  description = "Days after which replaced or deleted versions in the data bucket are gone; also how long a forgotten client's rows can still be restored."
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 7 && var.noncurrent_days <= 365
    error_message = "noncurrent_days must be from 7 to 365."
  }
}

variable "processed_days" {
  type        = number
  description = "Days that a file which has been scored stays in processed/; its rows stay in snapshots/."
  default     = 90

  validation {
    condition     = var.processed_days >= 7
    error_message = "processed_days must be at least 7."
  }
}

variable "refused_days" {
  type        = number
  description = "Days that a refused file waits in refused/ for the sender to ask."
  default     = 180

  validation {
    condition     = var.refused_days >= 30
    error_message = "refused_days must be at least 30: a sender needs a month to ask."
  }
}

variable "log_days" {
  type        = number
  description = "Days that access logs are kept."
  default     = 400

  validation {
    condition     = var.log_days >= 365
    error_message = "log_days must be at least 365: an audit looks back a year."
  }
}

variable "visibility_seconds" {
  type        = number
  description = "Seconds that a message is hidden from other listeners while one works on it."
  default     = 900

  validation {
    condition     = var.visibility_seconds >= 30 && var.visibility_seconds <= 43200
    error_message = "visibility_seconds must be from 30 to 43200."
  }
}

variable "receive_count" {
  type        = number
  description = "How often a message is tried before it goes to the dead letters."
  default     = 5

  validation {
    condition     = var.receive_count >= 2 && var.receive_count <= 20
    error_message = "receive_count must be from 2 to 20."
  }
}
