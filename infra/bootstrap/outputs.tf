output "state_bucket" {
  description = "Bucket for the environments' state: `terraform init -backend-config=bucket=…`."
  value       = module.state.name
}

output "state_kms_key_arn" {
  description = "Key that encrypts the state: `terraform init -backend-config=kms_key_id=…`, and the environments' state_kms_key_arn."
  value       = aws_kms_key.state.arn
}
