output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr_block" {
  description = "Addresses of the network."
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "The private subnets, one a zone."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "s3_prefix_list_id" {
  description = "Addresses of S3 as the gateway endpoint knows them, for security groups."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}

output "endpoint_security_group_id" {
  description = "Security group of the interface endpoints."
  value       = aws_security_group.endpoints.id
}
