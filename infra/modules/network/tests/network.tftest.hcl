mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/credit-default-test/network" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/credit-default-test-flow-log" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/flow-log" }
  }
}

variables {
  name               = "credit-default-test"
  account_id         = "123456789012"
  region             = "eu-central-1"
  availability_zones = ["eu-central-1a", "eu-central-1b"]
  bucket_arns        = ["arn:aws:s3:::credit-default-test-data-123456789012"]
}

run "defaults" {
  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { "eu-central-1a" = "10.40.0.0/20", "eu-central-1b" = "10.40.16.0/20" }
    error_message = "Each zone must have its own addresses."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : !subnet.map_public_ip_on_launch])
    error_message = "No subnet may give out public addresses."
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The group that nobody names must allow nothing."
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs"])
    error_message = "What the containers call must be reachable without the internet."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_vpc_endpoint.s3.policy).Statement : statement.Resource if statement.Sid == "OwnBuckets"]) == ["arn:aws:s3:::credit-default-test-data-123456789012", "arn:aws:s3:::credit-default-test-data-123456789012/*"]
    error_message = "Data must leave only for the buckets that are named."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == "10.40.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints.from_port == 443
    error_message = "Endpoints must be open to this network only."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow_log.retention_in_days >= 365 && aws_kms_key.flow_log.enable_key_rotation
    error_message = "Who talked to whom must be on record for a year, encrypted."
  }
}

run "four_zones" {
  variables {
    cidr_block         = "192.168.0.0/20"
    availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"]
  }

  assert {
    condition     = length(output.private_subnet_ids) == 4
    error_message = "Each zone must have a subnet."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name        = "Credit"
    account_id  = "12345"
    cidr_block  = "10.40.0.0/24"
    bucket_arns = ["arn:aws:s3:::*"]
  }

  expect_failures = [var.name, var.account_id, var.cidr_block, var.bucket_arns]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region             = "Frankfurt"
    availability_zones = ["Frankfurt-a", "Frankfurt-b"]
  }

  expect_failures = [var.region]
}

run "refuses_public_addresses" {
  command = plan

  variables {
    cidr_block = "8.8.0.0/16"
  }

  expect_failures = [var.cidr_block]
}

run "refuses_a_single_zone" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_a_zone_of_another_region" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a", "us-east-1b"]
  }

  expect_failures = [var.availability_zones]
}
