variable "name" {
  type        = string
  description = "Name of the bucket: 3 to 63 lower-case letters, digits and hyphens."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the objects. Null means S3's own keys: right only for a bucket that takes access logs."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (not of an alias), or null."
  }
}

variable "log_bucket" {
  type        = string
  description = "Bucket that receives this bucket's access logs; null for the log bucket itself."
  default     = null
}

variable "object_lock" {
  type = object({
    mode = string
    days = number
  })
  description = "How long every new object version stands, whoever asks: GOVERNANCE (a named right may lift it) or COMPLIANCE (nobody may). Null for no lock."
  default     = null

  validation {
    condition     = var.object_lock == null || contains(["GOVERNANCE", "COMPLIANCE"], try(var.object_lock.mode, ""))
    error_message = "object_lock.mode must be GOVERNANCE or COMPLIANCE."
  }

  validation {
    condition     = var.object_lock == null || try(var.object_lock.days >= 1 && var.object_lock.days <= 36500, false)
    error_message = "object_lock.days must be from 1 to 36500."
  }
}

variable "noncurrent_days" {
  type        = number
  description = "Days after which a version that was replaced or deleted is gone. Null keeps all of them."
  default     = 90

  validation {
    condition     = var.noncurrent_days == null || try(var.noncurrent_days >= 7, false)
    error_message = "noncurrent_days must be at least 7, or null: a week is the shortest time in which a mistake is noticed."
  }
}

variable "kept_prefixes" {
  type        = list(string)
  description = "Prefixes whose objects no expiration may reach, neither by a longer nor by a shorter prefix."
  default     = []

  validation {
    condition     = alltrue([for prefix in var.kept_prefixes : endswith(prefix, "/")])
    error_message = "each of kept_prefixes must end with /."
  }
}

variable "expirations" {
  type        = map(number)
  description = "Days after which the objects of a prefix are deleted, by prefix."
  default     = {}

  validation {
    condition     = alltrue([for prefix, days in var.expirations : endswith(prefix, "/") && days >= 1])
    error_message = "each prefix of expirations must end with / (so none is empty) and its days be at least 1."
  }

  validation {
    condition = alltrue(flatten([
      for prefix, days in var.expirations : [
        for kept in var.kept_prefixes : !startswith(prefix, kept) && !startswith(kept, prefix)
      ]
    ]))
    error_message = "expirations reach into kept_prefixes: models, scores, snapshots and the ledger are never deleted by age."
  }
}

variable "transitions" {
  type        = map(number)
  description = "Days after which the objects of a prefix move to the infrequent-access class, by prefix; S3 asks for at least 30."
  default     = {}

  validation {
    condition     = alltrue([for prefix, days in var.transitions : endswith(prefix, "/") && days >= 30])
    error_message = "each prefix of transitions must end with / and its days be at least 30."
  }
}

variable "policy_statements" {
  type        = string
  description = "More statements for the bucket's policy, as a JSON list. Those that deny insecure transport are always there."
  default     = "[]"

  validation {
    condition     = can([for statement in jsondecode(var.policy_statements) : statement.Effect]) && startswith(var.policy_statements, "[")
    error_message = "policy_statements must be a JSON list of statements."
  }
}
