# The containers by name: whose role, how large, which command.

locals {
  mlflow_address  = "https://mlflow.${var.domain_name}"
  mlflow_guarded  = "https://mlflow.${var.domain_name}:8443"
  prefect_api_url = "https://prefect.${var.domain_name}:4200/api"
  scratch_folder  = "/scratch"
  telemetry_off   = { DO_NOT_TRACK = "true", MLFLOW_DISABLE_TELEMETRY = "true", PREFECT_SERVER_ANALYTICS_ENABLED = "false" }
  everywhere      = merge(local.telemetry_off, { HOME = local.scratch_folder, TMPDIR = local.scratch_folder, PREFECT_HOME = "${local.scratch_folder}/prefect" })
  database_user_variable = {
    mlflow  = "PGUSER"
    prefect = "PREFECT_SERVER_DATABASE_USER"
  }
  database_password_variable = {
    mlflow  = "PGPASSWORD"
    prefect = "PREFECT_SERVER_DATABASE_PASSWORD"
  }
  database_secrets = {
    for name, database in aws_db_instance.this : name => [
      { name = local.database_user_variable[name], valueFrom = "${database.master_user_secret[0].secret_arn}:username::" },
      { name = local.database_password_variable[name], valueFrom = "${database.master_user_secret[0].secret_arn}:password::" },
    ]
  }

  room_users_secrets = var.room_users_secret_arn == "" ? [] : [var.room_users_secret_arn]

  application = merge(local.everywhere, {
    CREDIT_DEFAULT_LAKE  = var.lake_uri
    CREDIT_DEFAULT_HOME  = "${local.scratch_folder}/home"
    CREDIT_DEFAULT_CACHE = "${local.scratch_folder}/cache"
    PREFECT_API_URL      = local.prefect_api_url
    AWS_REGION           = var.region
  })

  # the trainer registers and promotes; the others see MLflow through a listener that refuses to change the registry
  worker_doors = {
    trainer = local.mlflow_address
    scorer  = local.mlflow_guarded
    monitor = local.mlflow_guarded
  }
  workers = {
    for job, address in local.worker_doors : job => {
      job         = job
      standing    = true
      port        = null
      cpu         = var.worker_sizes[job].cpu
      memory      = var.worker_sizes[job].memory
      command     = ["prefect", "worker", "start", "--type", "process", "--pool", "${var.name}-${job}"]
      environment = merge(local.application, { MLFLOW_TRACKING_URI = address })
      secrets     = []
    }
  }

  servers = {
    mlflow = {
      job      = "tracking"
      standing = true
      port     = local.server_ports.mlflow
      cpu      = 512
      memory   = 2048
      # libpq reads PGHOST, PGUSER and PGPASSWORD: no password in a command line or an address
      command = [
        "mlflow", "server", "--host", "0.0.0.0", "--port", "5000", "--workers", "2", "--no-serve-artifacts",
        "--backend-store-uri", "postgresql+psycopg2:///mlflow", "--default-artifact-root", "${var.artifacts_uri}/other",
        "--allowed-hosts", "mlflow.${var.domain_name},mlflow.${var.domain_name}:8443",
      ]
      environment = merge(local.everywhere, {
        PGHOST     = aws_db_instance.this["mlflow"].address
        PGPORT     = "5432"
        PGSSLMODE  = "require"
        AWS_REGION = var.region
      })
      secrets = local.database_secrets.mlflow
    }

    prefect = {
      job      = "orchestration"
      standing = true
      port     = local.server_ports.prefect
      cpu      = 512
      memory   = 2048
      command  = ["prefect", "server", "start", "--host", "0.0.0.0", "--port", "4200"]
      environment = merge(local.everywhere, {
        PREFECT_SERVER_DATABASE_DRIVER = "postgresql+asyncpg"
        PREFECT_SERVER_DATABASE_HOST   = aws_db_instance.this["prefect"].address
        PREFECT_SERVER_DATABASE_PORT   = "5432"
        PREFECT_SERVER_DATABASE_NAME   = "prefect"
        PREFECT_UI_API_URL             = local.prefect_api_url
        PGSSLMODE                      = "require"
      })
      secrets = local.database_secrets.prefect
    }
  }

  others = {
    listener = {
      job         = "listener"
      standing    = true
      port        = null
      cpu         = 256
      memory      = 1024
      command     = ["credit-default", "listen", var.queue_url]
      environment = local.application
      secrets     = []
    }

    # people sign in; it seats versions as the trainer does, so it has MLflow's whole door
    room = {
      job      = "room"
      standing = true
      port     = local.server_ports.room
      cpu      = 512
      memory   = 2048
      command  = ["credit-default", "room", "--host", "0.0.0.0", "--port", "8300"]
      environment = merge(local.application, {
        MLFLOW_TRACKING_URI                   = local.mlflow_address
        CREDIT_DEFAULT_ROOM__ADDRESS          = "https://room.${var.domain_name}:8300"
        CREDIT_DEFAULT_ROOM__TRUSTED_PROXIES  = jsonencode([var.network_cidr_block])
        CREDIT_DEFAULT_ROOM__UPLOAD_MEBIBYTES = "100"
      })
      secrets = [for arn in local.room_users_secrets : { name = "CREDIT_DEFAULT_ROOM__USERS", valueFrom = arn }]
    }

    # started by the schedule alone
    watch = {
      job         = "watch"
      standing    = false
      port        = null
      cpu         = 256
      memory      = 512
      command     = ["python", "-c", file("${path.module}/days_since_batch.py")]
      environment = merge(local.everywhere, { CREDIT_DEFAULT_LAKE = var.lake_uri, AWS_REGION = var.region })
      secrets     = []
    }
  }

  containers = merge(local.workers, local.servers, local.others)
}
