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

variable "data_bucket_arn" {
  type        = string
  description = "ARN of the data bucket."

  validation {
    condition     = can(regex("^arn:aws:s3:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.data_bucket_arn))
    error_message = "data_bucket_arn must be one ARN of s3, without wildcards."
  }
}

variable "records_bucket_arn" {
  type        = string
  description = "ARN of the locked bucket."

  validation {
    condition     = can(regex("^arn:aws:s3:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.records_bucket_arn))
    error_message = "records_bucket_arn must be one ARN of s3, without wildcards."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the lake."

  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be one ARN of kms, without wildcards."
  }
}

variable "queue_arn" {
  type        = string
  description = "Queue that tells of new files."

  validation {
    condition     = can(regex("^arn:aws:sqs:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.queue_arn))
    error_message = "queue_arn must be one ARN of sqs, without wildcards."
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

variable "state_bucket_arn" {
  type        = string
  description = "ARN of the bucket that holds Terraform's state."

  validation {
    condition     = can(regex("^arn:aws:s3:[a-z0-9-]*:([0-9]{12})?:[^*?]+$", var.state_bucket_arn))
    error_message = "state_bucket_arn must be one ARN of s3, without wildcards."
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

variable "github_environment" {
  type        = string
  description = "The GitHub environment that a deploying job must run in; its approval rules stand in GitHub. Jobs that publish and plan run in NAME-plan."

  validation {
    condition     = contains(["staging", "production"], var.github_environment)
    error_message = "github_environment must be staging or production."
  }
}
