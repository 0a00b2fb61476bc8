mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/services" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
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

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/credit-default-test/mock" }
  }
}

variables {
  name                       = "credit-default-test"
  account_id                 = "123456789012"
  region                     = "eu-central-1"
  repository_arn             = "arn:aws:ecr:eu-central-1:123456789012:repository/credit-default-test"
  image                      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/credit-default-test@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  lake_uri                   = "s3://credit-default-test-data-123456789012/portfolio"
  artifacts_uri              = "s3://credit-default-test-data-123456789012/mlartifacts"
  queue_url                  = "https://sqs.eu-central-1.amazonaws.com/123456789012/credit-default-test-incoming"
  logs_bucket                = "credit-default-test-logs-123456789012"
  certificate_arn            = "arn:aws:acm:eu-central-1:123456789012:certificate/one"
  domain_name                = "credit.example.internal"
  vpc_id                     = "vpc-1"
  s3_prefix_list_id          = "pl-1"
  endpoint_security_group_id = "sg-endpoints"
  private_subnet_ids         = ["subnet-1", "subnet-2"]
  client_cidr_blocks         = ["10.8.0.0/16"]
  network_cidr_block         = "10.40.0.0/16"
  room_users_secret_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:room-users"
  task_role_arns             = { for job in ["trainer", "scorer", "monitor", "listener", "tracking", "orchestration", "watch", "room"] : job => "arn:aws:iam::123456789012:role/credit-default-test-${job}" }
}

run "databases_are_private_encrypted_and_kept" {
  assert {
    condition     = toset(keys(aws_db_instance.this)) == toset(["mlflow", "prefect"])
    error_message = "Each server must have a database of its own."
  }

  assert {
    condition     = alltrue([for database in aws_db_instance.this : database.storage_encrypted && !database.publicly_accessible && database.manage_master_user_password])
    error_message = "A database must be encrypted, private, and its password AWS's own."
  }

  assert {
    condition     = alltrue([for database in aws_db_instance.this : database.deletion_protection && !database.skip_final_snapshot && database.backup_retention_period == 35 && database.multi_az])
    error_message = "A database must be backed up, doubled, and hard to delete."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1"
    error_message = "A database must refuse a connection without TLS."
  }
}

run "the_way_in_is_internal_and_tls" {
  assert {
    condition     = aws_lb.this.internal && aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields
    error_message = "The load balancer must be internal."
  }

  assert {
    condition     = alltrue([for listener in aws_lb_listener.this : listener.protocol == "HTTPS" && listener.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06"])
    error_message = "Every door must be TLS 1.2 or newer."
  }

  assert {
    condition     = one(aws_lb_listener.this["guarded"].default_action).type == "fixed-response"
    error_message = "The guarded door must refuse what no rule lets through."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.client : rule.cidr_ipv4]) == toset(["10.8.0.0/16"])
    error_message = "Only the named networks may come in."
  }
}

run "containers_are_private_and_each_has_its_own_role" {
  assert {
    condition     = alltrue([for service in aws_ecs_service.this : !one(service.network_configuration).assign_public_ip && service.launch_type == "FARGATE"])
    error_message = "No container may have a public address."
  }

  assert {
    condition     = { for name, task in aws_ecs_task_definition.this : name => task.task_role_arn if contains(["trainer", "scorer", "monitor"], name) } == { for job in ["trainer", "scorer", "monitor"] : job => "arn:aws:iam::123456789012:role/credit-default-test-${job}" }
    error_message = "Each worker must have the role of its job."
  }

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[0].readonlyRootFilesystem && jsondecode(task.container_definitions)[0].user == "10001:10001"])
    error_message = "A container must not write to its image, nor be root."
  }

  assert {
    condition     = { for name, task in aws_ecs_task_definition.this : name => one([for pair in jsondecode(task.container_definitions)[0].environment : pair.value if pair.name == "MLFLOW_TRACKING_URI"]) if contains(["trainer", "scorer", "monitor"], name) } == { trainer = "https://mlflow.credit.example.internal", scorer = "https://mlflow.credit.example.internal:8443", monitor = "https://mlflow.credit.example.internal:8443" }
    error_message = "Only the trainer may use MLflow's whole door."
  }

  assert {
    condition     = alltrue(flatten([for task in aws_ecs_task_definition.this : [for pair in jsondecode(task.container_definitions)[0].environment : !strcontains(pair.name, "PASSWORD")]]))
    error_message = "A password must come from the secret, never by plain environment."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 400 && group.kms_key_id == aws_kms_key.services.arn])
    error_message = "Logs must be kept a year, encrypted."
  }
}

run "the_control_room_gets_its_users_from_the_secret_and_nobody_without_one" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["room"].container_definitions)[0].secrets == [{ name = "CREDIT_DEFAULT_ROOM__USERS", valueFrom = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:room-users" }]
    error_message = "The users must come from the secret."
  }

  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Resource if statement.Sid == "Passwords"]), "arn:aws:secretsmanager:eu-central-1:123456789012:secret:room-users")
    error_message = "What starts containers must be able to read that secret."
  }

  assert {
    condition     = aws_lb_listener.this["room"].port == 8300 && aws_lb_target_group.this["room"].health_check[0].path == "/health"
    error_message = "The room must have a door of its own."
  }
}

run "refuses_each_wrong_value" {
  command = plan

  variables {
    name                       = "Credit"
    account_id                 = "12345"
    region                     = "Frankfurt"
    repository_arn             = "*"
    image                      = "credit-default:latest"
    lake_uri                   = "./lake"
    artifacts_uri              = "s3://bucket"
    queue_url                  = "queue"
    logs_bucket                = "Logs"
    certificate_arn            = "*"
    domain_name                = "credit"
    vpc_id                     = "network"
    s3_prefix_list_id          = "list"
    endpoint_security_group_id = "group"
    private_subnet_ids         = ["subnet-1"]
    client_cidr_blocks         = ["0.0.0.0/0"]
    network_cidr_block         = "8.8.0.0/16"
    room_users_secret_arn      = "*"
    task_role_arns             = {}
    worker_sizes               = {}
    database_class             = "small"
    backup_days                = 6
    log_days                   = 30
  }

  expect_failures = [
    var.name, var.account_id, var.region, var.repository_arn, var.image, var.lake_uri, var.artifacts_uri, var.queue_url,
    var.logs_bucket, var.certificate_arn, var.domain_name, var.vpc_id, var.s3_prefix_list_id, var.endpoint_security_group_id,
    var.private_subnet_ids, var.client_cidr_blocks, var.task_role_arns, var.worker_sizes, var.database_class, var.backup_days,
    var.log_days, var.network_cidr_block, var.room_users_secret_arn,
  ]
}

run "refuses_one_role_for_two_jobs_and_a_size_that_fargate_has_not" {
  command = plan

  variables {
    task_role_arns = { for job in ["trainer", "scorer", "monitor", "listener", "tracking", "orchestration", "watch", "room"] : job => "arn:aws:iam::123456789012:role/one" }
    worker_sizes   = { for job in ["trainer", "scorer", "monitor"] : job => { cpu = 3000, memory = 8192 } }
  }

  expect_failures = [var.task_role_arns, var.worker_sizes]
}
