# The table of jobs: which prefixes each reads, which it writes, what it may delete, and what it is forbidden whatever else
# is granted. Deletes are named one by one: moving a file out of incoming/, a report that a newer one of the same batch
# replaces, and the table format tidying its own log.

locals {
  lake   = "${var.data_bucket_arn}/${var.lake_prefix}"
  models = "${var.data_bucket_arn}/${var.models_prefix}"

  lake_jobs = {
    trainer = {
      read   = ["incoming", "processed", "snapshots", "tables", "reports", "champion"]
      write  = ["processed", "refused", "snapshots", "reports", "champion", "tables/quarantine", "tables/monitoring", "tables/alarms", "tables/ledger"]
      delete = ["incoming", "reports"]
    }
    scorer = {
      read   = ["incoming", "snapshots", "tables", "champion"]
      write  = ["processed", "refused", "snapshots", "reports", "tables/scores", "tables/shadow_scores", "tables/quarantine", "tables/monitoring", "tables/ledger"]
      delete = ["incoming", "reports"]
    }
    monitor = {
      read   = ["incoming", "snapshots", "tables", "reports", "champion"]
      write  = ["reports", "tables/outcomes", "tables/outcome_history", "tables/quarantine", "tables/monitoring", "tables/alarms", "tables/ledger"]
      delete = ["reports"]
    }
    reader = {
      read   = ["tables/scores", "tables/shadow_scores", "tables/monitoring", "tables/alarms", "tables/quarantine", "tables/overrides", "tables/findings", "tables/reviews", "tables/ledger", "reports"]
      write  = []
      delete = []
    }
    # shows the lake and records what people decide; it gives versions the seat, scores nothing and forgets nobody
    room = {
      read   = ["incoming", "processed", "refused", "snapshots", "tables", "reports", "champion"]
      write  = ["incoming", "reports", "champion", "tables/ledger", "tables/overrides", "tables/findings", "tables/reviews", "tables/access_log", "tables/pseudonyms"]
      delete = []
    }
    # forgets a client on request: rows leave the tables and snapshots, never the ledger, which holds nobody's data
    steward = {
      read   = ["incoming", "processed", "refused", "snapshots", "tables", "reports"]
      write  = ["snapshots", "tables"]
      delete = ["processed", "snapshots", "tables/scores", "tables/shadow_scores", "tables/quarantine", "tables/outcomes", "tables/outcome_history", "tables/overrides", "tables/pseudonyms"]
    }
  }

  # folders of MLflow's artifacts, by experiment
  artifact_jobs = {
    trainer = { read = ["train", "predict", "monitor"], write = ["train"] }
    scorer  = { read = ["train", "predict"], write = ["predict"] }
    monitor = { read = ["train", "predict", "monitor"], write = ["monitor"] }
    reader  = { read = ["train", "predict", "monitor"], write = [] }
    room    = { read = ["train", "predict", "monitor"], write = [] }
    steward = { read = [], write = [] }
  }

  lake_statements = {
    for job, may in local.lake_jobs : job => [for statement in [
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.data_bucket_arn]
        Condition = { StringLike = { "s3:prefix" = concat(
          [for part in may.read : "${var.lake_prefix}/${part}/*"],
          [for part in may.write : "${var.lake_prefix}/${part}/*"],
          [for part in local.artifact_jobs[job].read : "${var.models_prefix}/${part}/*"],
        ) } }
      },
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = concat(
          [for part in distinct(concat(may.read, may.write)) : "${local.lake}/${part}/*"],
          [for part in local.artifact_jobs[job].read : "${local.models}/${part}/*"],
        )
      },
      {
        Sid    = "Write"
        Effect = "Allow"
        Action = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        Resource = concat(
          [for part in may.write : "${local.lake}/${part}/*"],
          [for part in local.artifact_jobs[job].write : "${local.models}/${part}/*"],
        )
      },
      {
        Sid    = "Delete"
        Effect = "Allow"
        Action = ["s3:DeleteObject"]
        Resource = concat(
          [for part in may.delete : "${local.lake}/${part}/*"],
          [for part in may.write : "${local.lake}/${part}/_delta_log/*" if startswith(part, "tables/")],
        )
      },
      {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = length(may.write) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
    ] : statement if length(statement.Resource) > 0]
  }

  # said once more as a prohibition, so that a grant added later by mistake changes nothing
  never = {
    Sid    = "NeverTheRecords"
    Effect = "Deny"
    Action = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]
    Resource = [
      "${var.records_bucket_arn}/*",
    ]
  }
  never_models = {
    Sid      = "NeverTheModels"
    Effect   = "Deny"
    Action   = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    Resource = ["${local.models}/train/*", "${local.lake}/champion/*"]
  }
  never_the_ledger = {
    Sid      = "NeverTakeFromTheLedger"
    Effect   = "Deny"
    Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    Resource = ["${local.lake}/tables/ledger/month=*", "${local.lake}/tables/ledger/part-*"]
  }

  # in locals of their own what two of GitHub's roles have in common
  log_in_to_registry = {
    Sid      = "LogIn"
    Effect   = "Allow"
    Action   = ["ecr:GetAuthorizationToken"]
    Resource = ["*"] # the action knows no resource
  }
  planning = [
    {
      Sid      = "State"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${var.state_bucket_arn}/${var.name}/terraform.tfstate"]
    },
    {
      Sid      = "StateLock"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
      Resource = ["${var.state_bucket_arn}/${var.name}/terraform.tfstate.tflock"]
    },
    {
      Sid      = "StateBucket"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [var.state_bucket_arn]
    },
    {
      Sid      = "StateKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [var.state_kms_key_arn]
    },
    {
      Sid      = "NeverTheLake"
      Effect   = "Deny"
      Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
      Resource = ["${var.data_bucket_arn}/*", "${var.records_bucket_arn}/*"]
    },
    {
      Sid      = "NeverTheKeys"
      Effect   = "Deny"
      Action   = ["kms:ScheduleKeyDeletion", "kms:DisableKey", "secretsmanager:GetSecretValue"]
      Resource = ["*"] # a prohibition: the wider the better
    },
  ]

  service_arn         = "arn:aws:ecs:${var.region}:${var.account_id}:service/${var.name}/*"
  task_definition_arn = "arn:aws:ecs:${var.region}:${var.account_id}:task-definition/${var.name}-*:*"

  statements = {
    trainer = concat(local.lake_statements.trainer, [local.never, local.never_the_ledger])
    scorer  = concat(local.lake_statements.scorer, [local.never, local.never_models, local.never_the_ledger])
    monitor = concat(local.lake_statements.monitor, [local.never, local.never_models, local.never_the_ledger])
    reader  = concat(local.lake_statements.reader, [local.never, local.never_models, local.never_the_ledger])
    steward = concat(local.lake_statements.steward, [local.never, local.never_models, local.never_the_ledger])
    room    = concat(local.lake_statements.room, [local.never, local.never_the_ledger])

    # hears of new files and asks Prefect to score them; never opens one
    listener = [
      {
        Sid      = "HearOfFiles"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
        Resource = [var.queue_arn]
      },
      {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "sqs.${var.region}.amazonaws.com" } }
      },
    ]

    # MLflow's server shows artifacts in its pages; the jobs themselves write them
    tracking = [
      {
        Sid      = "ShowArtifacts"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${local.models}/*"]
      },
      {
        Sid       = "List"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [var.data_bucket_arn]
        Condition = { StringLike = { "s3:prefix" = ["${var.models_prefix}/*"] } }
      },
      {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
      local.never, local.never_models,
    ]

    # Prefect's server keeps its records in its database and needs nothing of AWS
    orchestration = [local.never, local.never_models]

    # looks how old the newest score is: names, never content
    watch = [
      {
        Sid       = "List"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [var.data_bucket_arn]
        Condition = { StringLike = { "s3:prefix" = ["${var.lake_prefix}/tables/scores/_delta_log/*"] } }
      },
    ]

    publish = [
      local.log_in_to_registry,
      {
        Sid    = "Push"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = [var.repository_arn]
      },
    ]

    # says what a deployment would change and cannot change it; SecurityAudit (main.tf) reads the settings of what stands
    plan = local.planning

    # brings a new image into the services that stand; network, roles, keys and buckets are changed by a person
    deploy = concat(local.planning, [
      {
        Sid      = "NewState"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${var.state_bucket_arn}/${var.name}/terraform.tfstate"]
      },
      local.log_in_to_registry,
      {
        Sid      = "ReadSignature" # of the image that is deployed
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [var.repository_arn]
      },
      {
        Sid      = "NewDefinition"
        Effect   = "Allow"
        Action   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
        Resource = [local.task_definition_arn]
      },
      {
        Sid      = "OldDefinition"
        Effect   = "Allow"
        Action   = ["ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"]
        Resource = ["*"] # these two actions know no resource
      },
      {
        Sid      = "Services"
        Effect   = "Allow"
        Action   = ["ecs:UpdateService", "ecs:DescribeServices"]
        Resource = [local.service_arn]
      },
      {
        Sid    = "HandOverRoles"
        Effect = "Allow"
        Action = ["iam:PassRole"]
        Resource = concat(
          [for job in sort(tolist(local.task_jobs)) : "arn:aws:iam::${var.account_id}:role/${var.name}-${job}"],
          ["arn:aws:iam::${var.account_id}:role/${var.name}-execution", "arn:aws:iam::${var.account_id}:role/${var.name}-scheduler"],
        )
        Condition = { StringEquals = { "iam:PassedToService" = ["ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"] } }
      },
      {
        Sid      = "Schedules"
        Effect   = "Allow"
        Action   = ["scheduler:UpdateSchedule", "scheduler:GetSchedule"]
        Resource = ["arn:aws:scheduler:${var.region}:${var.account_id}:schedule/${var.name}/*"]
      },
    ])
  }
}
