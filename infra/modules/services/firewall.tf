# Who may talk to whom, by security group. Nothing is open to an address outside the private networks that are named.

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The internal load balancer"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "container" {
  #checkov:skip=CKV2_AWS_5:attached to the container of its name, by for_each
  for_each = local.container_names

  name        = "${var.name}-${each.key}"
  description = "The container ${each.key}"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "database" {
  #checkov:skip=CKV2_AWS_5:attached to the database of its name, by for_each
  for_each = local.databases

  name        = "${var.name}-${each.key}-database"
  description = "The database of ${each.key}"
  vpc_id      = var.vpc_id
}

locals {
  server_ports    = { mlflow = 5000, prefect = 4200, room = 8300 }
  databases       = toset(["mlflow", "prefect"])
  container_names = toset(concat(keys(local.server_ports), ["trainer", "scorer", "monitor", "listener", "watch"]))

  # which doors each container goes out to
  door_users = {
    trainer  = ["mlflow", "prefect"]
    scorer   = ["guarded", "prefect"]
    monitor  = ["guarded", "prefect"]
    listener = ["prefect"]
    room     = ["mlflow", "prefect"]
  }

  door_pairs = merge([
    for name, doors in local.door_users : { for door in doors : "${name}-${door}" => { container = name, port = local.doors[door].port } }
  ]...)

  client_pairs = merge([
    for cidr in var.client_cidr_blocks : { for door in ["mlflow", "prefect", "room"] : "${cidr}-${door}" => { cidr = cidr, port = local.doors[door].port } }
  ]...)
}

resource "aws_vpc_security_group_ingress_rule" "door" {
  for_each = local.door_pairs

  security_group_id            = aws_security_group.balancer.id
  description                  = "HTTPS from ${each.value.container}"
  referenced_security_group_id = aws_security_group.container[each.value.container].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "door" {
  for_each = local.door_pairs

  security_group_id            = aws_security_group.container[each.value.container].id
  description                  = "HTTPS to the load balancer"
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = local.client_pairs

  security_group_id = aws_security_group.balancer.id
  description       = "HTTPS from the lender's own network"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "server" {
  for_each = local.server_ports

  security_group_id            = aws_security_group.balancer.id
  description                  = "To ${each.key}"
  referenced_security_group_id = aws_security_group.container[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "server" {
  for_each = local.server_ports

  security_group_id            = aws_security_group.container[each.key].id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each = local.databases

  security_group_id            = aws_security_group.container[each.key].id
  description                  = "To its database"
  referenced_security_group_id = aws_security_group.database[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.databases

  security_group_id            = aws_security_group.database[each.key].id
  description                  = "From ${each.key} alone"
  referenced_security_group_id = aws_security_group.container[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = local.container_names

  security_group_id = aws_security_group.container[each.key].id
  description       = "S3, by the gateway endpoint"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  for_each = local.container_names

  security_group_id            = aws_security_group.container[each.key].id
  description                  = "Images, logs, secrets and the queue, by the interface endpoints"
  referenced_security_group_id = var.endpoint_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
