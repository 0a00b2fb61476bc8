"""What infra/ promises, as tables: each function gives the complaints about a configuration, none when the promise is kept.

Three tables carry most of it: what a resource must say (SETTINGS), what must stand beside it (COMPANIONS), and which
statements a policy must hold (STATEMENTS). A promise that no deletion can break is none: test_promises.py breaks each.
"""

from dataclasses import dataclass, field

from hcl_parsing import find_references, find_texts, look_up

# type of resource: what each one of it must say
SETTINGS = {
    "aws_kms_key": {"enable_key_rotation": True, "deletion_window_in_days": 30},
    "aws_s3_bucket": {"force_destroy": False, "object_lock_enabled": "${var.object_lock != null}"},
    "aws_sqs_queue": {"message_retention_seconds": 1209600},
    "aws_ecr_repository": {
        "image_tag_mutability": "IMMUTABLE",
        "image_scanning_configuration.scan_on_push": True,
        "encryption_configuration.encryption_type": "KMS",
        "force_delete": False,
    },
    "aws_subnet": {"map_public_ip_on_launch": False},
    "aws_db_instance": {
        "storage_encrypted": True,
        "kms_key_id": "${aws_kms_key.services.arn}",
        "manage_master_user_password": True,
        "master_user_secret_kms_key_id": "${aws_kms_key.services.key_id}",
        "publicly_accessible": False,
        "backup_retention_period": "${var.backup_days}",
        "deletion_protection": "${var.deletion_protection}",
        "delete_automated_backups": False,
        "skip_final_snapshot": False,
        "multi_az": "${var.database_two_zones}",
        "parameter_group_name": "${aws_db_parameter_group.this.name}",
        "db_subnet_group_name": "${aws_db_subnet_group.this.name}",
    },
    "aws_lb": {
        "internal": True,
        "drop_invalid_header_fields": True,
        "enable_deletion_protection": "${var.deletion_protection}",
        "access_logs.enabled": True,
    },
    "aws_lb_listener": {"protocol": "HTTPS", "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
    "aws_ecs_service": {
        "network_configuration.assign_public_ip": False,
        "network_configuration.subnets": "${var.private_subnet_ids}",
        "enable_execute_command": False,
        "deployment_circuit_breaker.rollback": True,
    },
    "aws_scheduler_schedule": {
        "target.ecs_parameters.network_configuration.assign_public_ip": False,
        "target.dead_letter_config.arn": "${aws_sqs_queue.missed.arn}",
        "kms_key_arn": "${var.kms_key_arn}",
    },
    "aws_flow_log": {"traffic_type": "ALL"},
    "aws_cloudwatch_metric_alarm": {"alarm_actions": ["${aws_sns_topic.alarms.arn}"]},
    "aws_sns_topic": {"kms_master_key_id": "${aws_kms_key.topic.arn}"},
    "aws_s3_bucket_versioning": {"versioning_configuration.status": "Enabled"},
    "aws_s3_bucket_public_access_block": dict.fromkeys(
        (
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ),
        True,
    ),
    "aws_s3_bucket_ownership_controls": {"rule.object_ownership": "BucketOwnerEnforced"},
}

# type of resource: arguments that each one of it must have, whatever they say
ARGUMENTS = {
    "aws_sqs_queue": ["kms_master_key_id"],
    "aws_cloudwatch_log_group": ["kms_key_id", "retention_in_days"],
    "aws_kms_key": ["policy"],
    "aws_vpc_endpoint": ["policy"],
    "aws_iam_role": ["assume_role_policy", "description"],
    "aws_s3_bucket_server_side_encryption_configuration": ["rule"],
    "aws_security_group": ["description"],
}


@dataclass(frozen=True)
class Companion:
    """Each resource of `owner` needs one of `kind` in its folder that names it in `argument`."""

    owner: str
    kind: str
    argument: str
    folders: tuple[str, ...] = field(default=())  # empty: wherever the owner stands


BESIDE_A_BUCKET = (
    "versioning",
    "server_side_encryption_configuration",
    "public_access_block",
    "ownership_controls",
    "policy",
    "logging",
    "object_lock_configuration",
    "lifecycle_configuration",
)
COMPANIONS = [
    *(Companion("aws_s3_bucket", f"aws_s3_bucket_{kind}", "bucket") for kind in BESIDE_A_BUCKET),
    Companion(
        "aws_iam_role",
        "aws_iam_role_policy",
        "role",
        ("modules/lake", "modules/network", "modules/schedule"),
    ),
    Companion("aws_ecr_repository", "aws_ecr_lifecycle_policy", "repository"),
    Companion("aws_vpc", "aws_default_security_group", "vpc_id"),
    Companion("aws_vpc", "aws_flow_log", "vpc_id"),
    Companion("aws_vpc", "aws_subnet", "vpc_id"),
    Companion("aws_vpc", "aws_vpc_endpoint", "vpc_id"),
    Companion("aws_route_table", "aws_route_table_association", "route_table_id"),
    Companion(
        "aws_security_group",
        "aws_vpc_security_group_ingress_rule",
        "security_group_id",
        ("modules/network",),
    ),
    Companion("aws_sns_topic", "aws_sns_topic_policy", "arn"),
    Companion("aws_sns_topic", "aws_sns_topic_subscription", "topic_arn"),
    Companion("aws_lb", "aws_lb_listener", "load_balancer_arn"),
    Companion("aws_lb_target_group", "aws_lb_listener_rule", "action"),
]

# where what must stand: one of each, without which a promise of the folder would be empty
STANDING = {
    "modules/lake": [
        "module.data",
        "module.records",
        "module.logs",
        "aws_kms_key.lake",
        "aws_sqs_queue.incoming",
        "aws_sqs_queue.dead",
        "aws_sqs_queue_policy.incoming",
        "aws_sqs_queue_redrive_allow_policy.dead",
        "aws_s3_bucket_notification.incoming",
        "aws_s3_bucket_replication_configuration.records",
    ],
    "modules/registry": ["aws_ecr_repository.image"],
    "modules/network": ["aws_vpc.this", "aws_vpc_endpoint.s3", "aws_vpc_endpoint.interface"],
    "modules/identity": [
        "aws_iam_role_policy.task",
        "aws_iam_role_policy.person",
        "aws_iam_role_policy.pipeline",
        "aws_iam_role_policy_attachment.plan",
        "aws_iam_role_policy_attachment.deploy",
    ],
    "modules/services": [
        "aws_db_instance.this",
        "aws_ecs_service.this",
        "aws_ecs_task_definition.this",
        "aws_lb.this",
        "aws_route53_record.this",
        "aws_iam_role_policy.execution",
        "aws_iam_role_policy_attachment.database_monitoring",
        "aws_lb_listener_rule.reading",
        "aws_lb_listener_rule.recording",
        *(
            f"aws_vpc_security_group_ingress_rule.{name}"
            for name in ("door", "client", "server", "database")
        ),
        *(
            f"aws_vpc_security_group_egress_rule.{name}"
            for name in ("door", "server", "database", "s3", "endpoints")
        ),
    ],
    "modules/schedule": ["aws_scheduler_schedule.this"],
    "modules/alarms": [
        "aws_cloudwatch_metric_alarm.this",
        "aws_cloudwatch_log_metric_filter.failed_runs",
        "aws_cloudwatch_log_metric_filter.days_since_batch",
        "aws_budgets_budget.monthly",
        "aws_sns_topic.alarms",
    ],
    "bootstrap": ["module.state", "module.logs", "aws_iam_openid_connect_provider.github"],
    "stack": [
        f"module.{name}"
        for name in ("lake", "registry", "network", "identity", "services", "schedule", "alarms")
    ],
    "environments/staging": ["module.stack"],
    "environments/production": ["module.stack"],
}

# what each block's text must hold, by folder and address
STATEMENTS = {
    ("modules/bucket", "local.deny_insecure"): [
        "DenyInsecureTransport",
        "DenyOldTls",
        "aws:SecureTransport",
        "s3:TlsVersion",
    ],
    ("modules/bucket", "aws_s3_bucket_policy.this"): ["local.deny_insecure"],
    ("modules/lake", "module.data"): [
        "NobodyDeletesEvidence",
        "NoOtherKey",
        "local.kept_prefixes",
        "module.logs.name",
    ],
    ("modules/lake", "module.records"): [
        "NobodyDeletesRecords",
        "OnlyTheCopierWrites",
        "s3:BypassGovernanceRetention",
        "var.record_lock_mode",
        "module.logs.name",
    ],
    ("modules/lake", "aws_sqs_queue_policy.incoming"): ["DenyInsecureTransport", "aws:SourceArn"],
    ("modules/lake", "aws_sqs_queue.incoming"): ["deadLetterTargetArn", "aws_sqs_queue.dead.arn"],
    ("modules/identity", "aws_iam_role.pipeline"): [
        "token.actions.githubusercontent.com:sub",
        "repo:${var.github_repository}:environment:${each.value}",
    ],
    ("modules/identity", "aws_iam_role.person"): ["aws:MultiFactorAuthPresent"],
    ("modules/identity", "local.statements"): [
        "local.never_models",
        "local.never_the_ledger",
        "local.never,",
    ],
    ("modules/services", "aws_db_parameter_group.this"): ["rds.force_ssl"],
    ("modules/services", "aws_ecs_task_definition.this"): [
        "readonlyRootFilesystem = true",
        "10001:10001",
    ],
    ("modules/network", "aws_vpc_endpoint.s3"): ["var.bucket_arns", "aws:PrincipalAccount"],
    ("modules/alarms", "aws_sns_topic_policy.alarms"): ["DenyInsecureTransport"],
    ("modules/alarms", "local.alarms"): [
        "not-empty",
        "-waits",
        "-failed-runs",
        "-no-batch",
        "-stands-still",
        "-disk",
    ],
    ("bootstrap", "module.state"): ["aws_kms_key.state.arn", "module.logs.name"],
}

# nothing of these kinds may exist: each would open a door to the internet
FORBIDDEN_KINDS = {
    "aws_internet_gateway",
    "aws_nat_gateway",
    "aws_eip",
    "aws_egress_only_internet_gateway",
    "aws_iam_access_key",
    "aws_iam_user",
    "aws_secretsmanager_secret_version",
    "aws_s3_bucket_acl",
    "aws_lambda_function_url",
}


def kind_of(address):
    return address.split(".")[0]


def judge_settings(configuration):
    for folder, blocks in configuration.items():
        for address, body in blocks.items():
            for path, expected in SETTINGS.get(kind_of(address), {}).items():
                if (found := look_up(body, path)) != expected:
                    yield f"{folder}: {address} has {path} = {found!r}, expected {expected!r}"
            for argument in ARGUMENTS.get(kind_of(address), ()):
                if argument not in body:
                    yield f"{folder}: {address} has no {argument}"


def judge_companions(configuration):
    for folder, blocks in configuration.items():
        for wanted in COMPANIONS:
            for owner in (
                a
                for a in blocks
                if kind_of(a) == wanted.owner and folder in (wanted.folders or (folder,))
            ):
                beside = [
                    body for address, body in blocks.items() if kind_of(address) == wanted.kind
                ]
                if not any(owner in find_references(body.get(wanted.argument)) for body in beside):
                    yield f"{folder}: {owner} has no {wanted.kind}"


def judge_standing(configuration):
    for folder, addresses in STANDING.items():
        yield from (
            f"{folder}: no {address}"
            for address in addresses
            if address not in configuration.get(folder, {})
        )


def judge_statements(configuration):
    for (folder, address), words in STATEMENTS.items():
        text = "\n".join(find_texts(configuration.get(folder, {}).get(address, {})))
        yield from (
            f"{folder}: {address} says nothing of {word}" for word in words if word not in text
        )


def judge_references(configuration):
    for folder, blocks in configuration.items():
        for address, body in blocks.items():
            for reference in sorted(find_references(body) - blocks.keys()):
                yield f"{folder}: {address} names {reference}, which isn't there"


def judge_forbidden(configuration):
    for folder, blocks in configuration.items():
        yield from (
            f"{folder}: {address} opens a door"
            for address in blocks
            if kind_of(address) in FORBIDDEN_KINDS
        )


PROMISES = [
    judge_settings,
    judge_companions,
    judge_standing,
    judge_statements,
    judge_references,
    judge_forbidden,
]


def judge(configuration):
    """Every complaint about the configuration; none when all promises are kept."""
    return [complaint for promise in PROMISES for complaint in promise(configuration)]
