# The way in: one internal load balancer, TLS only. MLflow has two doors. 443 is whole, for the trainer and for people; 8443
# lets through reading and the recording of runs, and nothing that changes a registered model: the scorer and the monitor are
# let out to that door alone.

locals {
  doors = {
    mlflow  = { port = 443, target = "mlflow" }
    guarded = { port = 8443, target = "mlflow" }
    prefect = { port = 4200, target = "prefect" }
    room    = { port = 8300, target = "room" }
  }

  recording_paths = {
    runs = {
      priority = 20
      paths    = ["/api/2.0/mlflow/runs/*", "/api/2.0/mlflow/experiments/create", "/api/2.0/mlflow/experiments/search", "/api/2.0/mlflow/logged-models/search"]
    }
  }
}

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:internal and reached from named networks only; a web firewall guards public addresses
  name                       = var.name
  internal                   = true
  load_balancer_type         = "application"
  subnets                    = var.private_subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  idle_timeout               = 300

  access_logs {
    bucket  = var.logs_bucket
    prefix  = "balancer"
    enabled = true
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:plain HTTP for the last step, inside the private network between two named security groups
  for_each = local.server_ports

  # AWS takes 32 letters, which the name of production and of a server together may pass
  name        = "${trimsuffix(substr(var.name, 0, 31 - length(each.key)), "-")}-${each.key}"
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = each.value

  health_check {
    path                = each.key == "prefect" ? "/api/health" : "/health"
    matcher             = "200"
    interval            = 30
    healthy_threshold   = 2
    unhealthy_threshold = 5
  }
}

resource "aws_lb_listener" "this" {
  for_each = local.doors

  load_balancer_arn = aws_lb.this.arn
  port              = each.value.port
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = each.key == "guarded" ? "fixed-response" : "forward"
    target_group_arn = each.key == "guarded" ? null : aws_lb_target_group.this[each.value.target].arn

    dynamic "fixed_response" {
      for_each = each.key == "guarded" ? [1] : []

      content {
        content_type = "text/plain"
        message_body = "this door reads and records runs; models are registered by the trainer"
        status_code  = "403"
      }
    }
  }
}

resource "aws_lb_listener_rule" "reading" {
  listener_arn = aws_lb_listener.this["guarded"].arn
  priority     = 10

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["mlflow"].arn
  }

  condition {
    http_request_method {
      values = ["GET", "HEAD"]
    }
  }
}

resource "aws_lb_listener_rule" "recording" {
  for_each = local.recording_paths

  listener_arn = aws_lb_listener.this["guarded"].arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["mlflow"].arn
  }

  condition {
    path_pattern {
      values = each.value.paths
    }
  }

  condition {
    http_request_method {
      values = ["POST"]
    }
  }
}

resource "aws_route53_zone" "private" {
  #checkov:skip=CKV2_AWS_38:a private zone can't be signed
  #checkov:skip=CKV2_AWS_39:query logs are for public zones; the network's flow log tells who called
  name = var.domain_name

  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "this" {
  for_each = local.server_ports

  zone_id = aws_route53_zone.private.zone_id
  name    = "${each.key}.${var.domain_name}"
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}
