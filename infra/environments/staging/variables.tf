variable "image_digest" {
  type        = string
  description = "Digest of the image to run, sha256:…; `deploy` gives the one that was tested."

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest must be sha256: and 64 hexadecimal digits, not a tag."
  }
}
