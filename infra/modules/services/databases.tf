# One PostgreSQL for each server: whoever breaks into one can't read the other. AWS makes and turns the passwords; nobody
# ever types one, and Terraform's state holds none.

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets for the databases"
  subnet_ids  = var.private_subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-postgres17"
  family      = "postgres17"
  description = "TLS only, and a log of slow and structural statements"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
}

resource "aws_iam_role" "database_monitoring" {
  name        = "${var.name}-database-monitoring"
  description = "RDS, writing figures of the database's machine"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "database_monitoring" {
  role       = aws_iam_role.database_monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_157:a second zone is a setting of the environment: production has it, staging does without
  #checkov:skip=CKV_AWS_293:a setting of the environment, on unless somebody turns it off to leave
  #checkov:skip=CKV_AWS_161:MLflow and Prefect log in by password; it is managed and turned by AWS
  for_each = local.databases

  identifier     = "${var.name}-${each.key}"
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.database_class
  db_name        = each.key

  allocated_storage     = 20
  max_allocated_storage = 100
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.services.arn

  username                      = "owner"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.services.key_id

  db_subnet_group_name   = aws_db_subnet_group.this.name
  parameter_group_name   = aws_db_parameter_group.this.name
  vpc_security_group_ids = [aws_security_group.database[each.key].id]
  publicly_accessible    = false
  multi_az               = var.database_two_zones

  backup_retention_period   = var.backup_days
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-${each.key}-final"

  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  performance_insights_enabled    = true
  performance_insights_kms_key_id = aws_kms_key.services.arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.database_monitoring.arn
}
