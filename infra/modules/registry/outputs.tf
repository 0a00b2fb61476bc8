output "repository_url" {
  description = "Where to push the image, without a tag."
  value       = aws_ecr_repository.image.repository_url
}

output "repository_arn" {
  description = "ARN of the repository, for the role that pushes."
  value       = aws_ecr_repository.image.arn
}
