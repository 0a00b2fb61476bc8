# Where statements come in and results stay: the data bucket, the locked copy of what is evidence, the access logs, and the
# queue that tells of new files. Prefixes are the application's own (docs/architecture.md, "In the lake").

locals {
  data_name    = "${var.name}-data-${var.account_id}"
  records_name = "${var.name}-records-${var.account_id}"
  logs_name    = "${var.name}-logs-${var.account_id}"

  data_arn    = "arn:aws:s3:::${local.data_name}"
  records_arn = "arn:aws:s3:::${local.records_name}"
  logs_arn    = "arn:aws:s3:::${local.logs_name}"

  incoming = "${var.lake_prefix}/incoming/"

  # evidence: what a court, an auditor or a replay would ask for; copied to the locked bucket
  recorded_prefixes = {
    ledger   = "${var.lake_prefix}/tables/ledger/"
    champion = "${var.lake_prefix}/champion/"
    models   = "${var.models_prefix}/train/"
  }

  kept_prefixes = [
    "${var.lake_prefix}/snapshots/",
    "${var.lake_prefix}/tables/",
    "${var.lake_prefix}/champion/",
    "${var.lake_prefix}/reports/",
    "${var.models_prefix}/",
  ]
}

resource "aws_kms_key" "lake" {
  description             = "${var.name}: the lake, its queue and its records"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "BucketTellsTheQueue"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account_id }
          ArnEquals    = { "aws:SourceArn" = local.data_arn }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "lake" {
  name          = "alias/${var.name}-lake"
  target_key_id = aws_kms_key.lake.key_id
}

module "logs" {
  source = "../bucket"

  name            = local.logs_name
  noncurrent_days = 30
  expirations     = { "access/" = var.log_days }

  # each bucket writes below its own name and nowhere else
  policy_statements = jsonencode([for name, arn in { (local.data_name) = local.data_arn, (local.records_name) = local.records_arn } : {
    Sid       = "AccessLogs${index([local.data_name, local.records_name], name)}"
    Effect    = "Allow"
    Principal = { Service = "logging.s3.amazonaws.com" }
    Action    = "s3:PutObject"
    Resource  = "${local.logs_arn}/access/${name}/*"
    Condition = {
      StringEquals = { "aws:SourceAccount" = var.account_id }
      ArnEquals    = { "aws:SourceArn" = arn }
    }
  }])
}

module "data" {
  source = "../bucket"

  name            = local.data_name
  kms_key_arn     = aws_kms_key.lake.arn
  log_bucket      = module.logs.name
  noncurrent_days = var.noncurrent_days
  kept_prefixes   = local.kept_prefixes
  expirations = {
    "${var.lake_prefix}/processed/" = var.processed_days
    "${var.lake_prefix}/refused/"   = var.refused_days
  }
  transitions = {
    "${var.lake_prefix}/snapshots/" = 90
    "${var.lake_prefix}/reports/"   = 90
  }

  policy_statements = jsonencode([
    {
      # rows of the ledger and files of a model are added, never taken away; _delta_log/ is left to the table format
      Sid       = "NobodyDeletesEvidence"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      Resource = [
        "${local.data_arn}/${var.lake_prefix}/tables/ledger/month=*",
        "${local.data_arn}/${var.lake_prefix}/tables/ledger/part-*",
        "${local.data_arn}/${var.lake_prefix}/champion/*",
        "${local.data_arn}/${var.models_prefix}/train/*",
      ]
    },
    {
      Sid       = "NoOtherKey"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "${local.data_arn}/*"
      Condition = {
        StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = aws_kms_key.lake.arn }
        Null            = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
      }
    },
  ])
}

module "records" {
  source = "../bucket"

  name            = local.records_name
  kms_key_arn     = aws_kms_key.lake.arn
  log_bucket      = module.logs.name
  object_lock     = { mode = var.record_lock_mode, days = var.record_days }
  noncurrent_days = null
  kept_prefixes   = values(local.recorded_prefixes)

  policy_statements = jsonencode([
    {
      Sid       = "NobodyDeletesRecords"
      Effect    = "Deny"
      Principal = "*"
      Action = [
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:BypassGovernanceRetention",
        "s3:PutBucketObjectLockConfiguration",
      ]
      Resource = [local.records_arn, "${local.records_arn}/*"]
    },
    {
      Sid       = "OnlyTheCopierWrites"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:PutObject", "s3:ReplicateObject"]
      Resource  = "${local.records_arn}/*"
      Condition = { ArnNotEquals = { "aws:PrincipalArn" = aws_iam_role.copier.arn } }
    },
  ])
}

# The application writes the ledger to LAKE/tables/ledger; S3 copies every new object to the locked bucket within minutes.
# Delete markers are not copied: what was once recorded stays recorded.
resource "aws_s3_bucket_replication_configuration" "records" {
  bucket = module.data.name
  role   = aws_iam_role.copier.arn

  dynamic "rule" {
    for_each = local.recorded_prefixes

    content {
      id       = rule.key
      priority = index(keys(local.recorded_prefixes), rule.key)
      status   = "Enabled"

      filter {
        prefix = rule.value
      }

      delete_marker_replication {
        status = "Disabled"
      }

      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }

      destination {
        bucket        = module.records.arn
        storage_class = "STANDARD_IA"

        encryption_configuration {
          replica_kms_key_id = aws_kms_key.lake.arn
        }
      }
    }
  }
}

resource "aws_iam_role" "copier" {
  name        = "${var.name}-copier"
  description = "S3 itself, copying evidence from the data bucket to the records"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "copier" {
  name = "copy-evidence"
  role = aws_iam_role.copier.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadConfiguration"
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = local.data_arn
      },
      {
        Sid      = "ReadEvidence"
        Effect   = "Allow"
        Action   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        Resource = [for prefix in values(local.recorded_prefixes) : "${local.data_arn}/${prefix}*"]
      },
      {
        Sid      = "WriteRecords"
        Effect   = "Allow"
        Action   = ["s3:ReplicateObject", "s3:ReplicateTags"]
        Resource = "${local.records_arn}/*"
      },
      {
        Sid      = "UseTheKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]
        Resource = aws_kms_key.lake.arn
      },
    ]
  })
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-incoming-dead"
  kms_master_key_id         = aws_kms_key.lake.arn
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "incoming" {
  name                       = "${var.name}-incoming"
  kms_master_key_id          = aws_kms_key.lake.arn
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = var.visibility_seconds
  receive_wait_time_seconds  = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.receive_count
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.incoming.arn]
  })
}

resource "aws_sqs_queue_policy" "incoming" {
  queue_url = aws_sqs_queue.incoming.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheDataBucketTells"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.incoming.arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account_id }
          ArnEquals    = { "aws:SourceArn" = local.data_arn }
        }
      },
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.incoming.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_s3_bucket_notification" "incoming" {
  bucket = module.data.name

  queue {
    id            = "incoming"
    queue_arn     = aws_sqs_queue.incoming.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = local.incoming
  }

  depends_on = [aws_sqs_queue_policy.incoming]
}
