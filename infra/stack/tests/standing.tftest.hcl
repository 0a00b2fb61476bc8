# The whole system as it would stand, every wire joined. tests/infra reads the policies and settings that this run renders.

mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/mock" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-central-1:123456789012:mock"
      id  = "https://sqs.eu-central-1.amazonaws.com/123456789012/mock"
    }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:eu-central-1:123456789012:repository/credit-default-staging"
      repository_url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/credit-default-staging"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/credit-default-staging/mock" }
  }

  mock_resource "aws_vpc" {
    defaults = { id = "vpc-mock" }
  }

  mock_resource "aws_subnet" {
    defaults = { id = "subnet-mock" }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-mock" }
  }

  mock_resource "aws_vpc_endpoint" {
    defaults = { prefix_list_id = "pl-mock" }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/credit-default-staging" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn_without_revision = "arn:aws:ecs:eu-central-1:123456789012:task-definition/credit-default-staging-mock" }
  }

  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/mock/1" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/mock/1" }
  }

  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/mock/1/2" }
  }

  mock_resource "aws_db_instance" {
    defaults = {
      address            = "database.example.internal"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mock", kms_key_id = "services", secret_status = "active" }]
    }
  }
}

# What the policies tell apart by name has its own name here too.
override_resource {
  target = module.lake.aws_iam_role.copier
  values = { arn = "arn:aws:iam::123456789012:role/credit-default-staging-copier" }
}

override_resource {
  target = module.lake.aws_kms_key.lake
  values = { arn = "arn:aws:kms:eu-central-1:123456789012:key/lake" }
}

override_resource {
  target = module.lake.aws_sqs_queue.incoming
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:credit-default-staging-incoming"
    id  = "https://sqs.eu-central-1.amazonaws.com/123456789012/credit-default-staging-incoming"
  }
}

override_resource {
  target = module.services.aws_iam_role.execution
  values = { arn = "arn:aws:iam::123456789012:role/credit-default-staging-execution" }
}

run "stands" {
  assert {
    condition = output.application == {
      lake    = "s3://credit-default-staging-data-123456789012/portfolio"
      mlflow  = { tracking_uri = "https://mlflow.credit.example.internal" }
      prefect = { api_url = "https://prefect.credit.example.internal:4200/api" }
      listen  = { queue_url = "https://sqs.eu-central-1.amazonaws.com/123456789012/credit-default-staging-incoming" }
    }
    error_message = "The application's settings must be told in its own names."
  }

  assert {
    condition     = length(output.service_names) == 7
    error_message = "Two servers, three workers, the listener and the control room must stand."
  }
}
