# Who may do what. One role a job; a job that is taken over can do that job's harm and no more. The table of jobs is in
# policies.tf, rendered as JSON without data sources, so that they can be judged without an account.

locals {
  # roles that a container takes
  task_jobs = toset(["trainer", "scorer", "monitor", "listener", "tracking", "orchestration", "watch", "room"])
  # roles that a person takes, with a second factor
  person_jobs = { reader = var.reader_principal_arns, steward = var.steward_principal_arns }
  # roles that a job of GitHub Actions takes, and the GitHub environment that it runs in: only the one behind the approval deploys
  pipeline_jobs = {
    publish = "${var.github_environment}-plan"
    plan    = "${var.github_environment}-plan"
    deploy  = var.github_environment
  }
}

resource "aws_iam_role" "task" {
  for_each = local.task_jobs

  name                 = "${var.name}-${each.key}"
  description          = "The ${each.key}, in its container"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:${var.region}:${var.account_id}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "task" {
  for_each = { for job, statements in local.statements : job => statements if contains(local.task_jobs, job) }

  name   = each.key
  role   = aws_iam_role.task[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role" "person" {
  for_each = { for job, arns in local.person_jobs : job => arns if length(arns) > 0 }

  name                 = "${var.name}-${each.key}"
  description          = "A person, as ${each.key}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = each.value }
      Action    = "sts:AssumeRole"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_iam_role_policy" "person" {
  for_each = aws_iam_role.person

  name   = each.key
  role   = each.value.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })
}

# GitHub Actions comes by OIDC, bound to one repository and one of its environments: no key is kept anywhere, and a pull
# request from a fork has another subject.
resource "aws_iam_role" "pipeline" {
  #checkov:skip=CKV_AWS_393:checkov sees a variable; the subject is one repository and one environment, and tests see it rendered
  for_each = local.pipeline_jobs

  name                 = "${var.name}-${each.key}"
  description          = "GitHub Actions of ${var.github_repository}, environment ${each.value}: ${each.key}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::${var.account_id}:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:${var.github_repository}:environment:${each.value}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "pipeline" {
  for_each = aws_iam_role.pipeline

  name   = each.key
  role   = each.value.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })
}

# What `terraform plan` reads: settings of resources, never their content.
resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.pipeline["plan"].name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.pipeline["deploy"].name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
