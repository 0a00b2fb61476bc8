output "task_role_arns" {
  description = "ARN of each container's role, by job; known before the roles stand, so that a plan can judge them."
  value       = { for job, role in aws_iam_role.task : job => "arn:aws:iam::${var.account_id}:role/${role.name}" }
}

output "person_role_arns" {
  description = "ARN of each person's role, by job; only those with somebody to take them."
  value       = { for job, role in aws_iam_role.person : job => "arn:aws:iam::${var.account_id}:role/${role.name}" }
}

output "pipeline_role_arns" {
  description = "ARN of the roles of GitHub Actions: publish (pushes the image), plan (reads what a plan reads) and deploy (changes the services)."
  value       = { for job, role in aws_iam_role.pipeline : job => "arn:aws:iam::${var.account_id}:role/${role.name}" }
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
