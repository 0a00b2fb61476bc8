output "task_role_arns" {
  description = "ARN of each container's role, by job."
  value       = { for job, role in aws_iam_role.task : job => role.arn }
}

output "person_role_arns" {
  description = "ARN of each person's role, by job; only those with somebody to take them."
  value       = { for job, role in aws_iam_role.person : job => role.arn }
}

output "pipeline_role_arns" {
  description = "ARN of the roles of GitHub Actions: publish (pushes the image) and deploy (changes the services)."
  value       = { for job, role in aws_iam_role.pipeline : job => role.arn }
}

output "policies" {
  description = "The policy of each job, as JSON: what the tests of the IAM matrix judge."
  value       = { for job, statements in local.statements : job => jsonencode({ Version = "2012-10-17", Statement = statements }) }
}

output "trust_policies" {
  description = "Who may take each role, as JSON."
  value = merge(
    { for job, role in aws_iam_role.task : job => role.assume_role_policy },
    { for job, role in aws_iam_role.person : job => role.assume_role_policy },
    { for job, role in aws_iam_role.pipeline : job => role.assume_role_policy },
  )
}
