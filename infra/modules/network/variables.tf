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

variable "bucket_arns" {
  type        = list(string)
  description = "The only buckets that can be reached from inside the network."

  validation {
    condition     = length(var.bucket_arns) > 0 && alltrue([for arn in var.bucket_arns : can(regex("^arn:aws:s3:::[a-z0-9-]+$", arn))])
    error_message = "bucket_arns must name buckets one by one, without wildcards."
  }
}
