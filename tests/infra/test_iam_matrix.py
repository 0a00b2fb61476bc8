"""Who may do what to what: allow and deny, case by case, judged on the policies as Terraform renders them.

Each case names a job, an action and a place; the role's policy and the bucket's own are judged together (iam_evaluation.py).
"""

import re

import pytest
import yaml
from hcl_parsing import INFRA
from iam_evaluation import Request, is_allowed, matches, read_statements

pytestmark = [pytest.mark.terraform, pytest.mark.short]

ACCOUNT = "123456789012"
NAME = "credit-default-staging"
DATA = f"arn:aws:s3:::{NAME}-data-{ACCOUNT}"
RECORDS = f"arn:aws:s3:::{NAME}-records-{ACCOUNT}"
STATE = f"arn:aws:s3:::credit-default-state-{ACCOUNT}"
LAKE, MODELS = f"{DATA}/portfolio", f"{DATA}/mlartifacts"
REGION = f"eu-central-1:{ACCOUNT}"
KEY, STATE_KEY = f"arn:aws:kms:{REGION}:key/lake", f"arn:aws:kms:{REGION}:key/state"
QUEUE = f"arn:aws:sqs:{REGION}:{NAME}-incoming"
REPOSITORY = f"arn:aws:ecr:{REGION}:repository/{NAME}"
MODEL, CHAMPION = f"{MODELS}/train/1/artifacts/model.skops", f"{LAKE}/champion/champion.json"
LEDGER, LEDGER_LOG = (
    f"{LAKE}/tables/ledger/month=2006-03/part-0.parquet",
    f"{LAKE}/tables/ledger/_delta_log/3.json",
)
SCORES, OUTCOMES = f"{LAKE}/tables/scores/x.parquet", f"{LAKE}/tables/outcomes/x.parquet"
SHADOW = f"{LAKE}/tables/shadow_scores/x.parquet"
ALARMS, FINDINGS, OVERRIDES = (
    f"{LAKE}/tables/{name}/x.parquet" for name in ("alarms", "findings", "overrides")
)
INCOMING, PROCESSED, SNAPSHOT = (
    f"{LAKE}/incoming/a.csv",
    f"{LAKE}/processed/a.csv",
    f"{LAKE}/snapshots/ab/rows.parquet",
)
REPORT = f"{LAKE}/reports/ab/v1/report.html"
RECORD = f"{RECORDS}/portfolio/tables/ledger/part-0.parquet"
GET, PUT, DELETE, LIST = "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"
S3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}

ALLOWED = [
    ("trainer", GET, SNAPSHOT),
    ("trainer", PUT, MODEL),
    ("trainer", PUT, CHAMPION),
    ("trainer", PUT, LEDGER),
    ("trainer", PUT, LEDGER_LOG),
    ("trainer", PUT, ALARMS),
    ("trainer", GET, OUTCOMES),
    ("trainer", DELETE, INCOMING),
    ("trainer", DELETE, f"{LAKE}/reports/owed/ab-v1.json"),
    ("trainer", "kms:GenerateDataKey", KEY, S3),
    ("trainer", LIST, DATA, {"s3:prefix": "portfolio/snapshots/"}),
    ("scorer", GET, INCOMING),
    ("scorer", DELETE, INCOMING),
    ("scorer", PUT, PROCESSED),
    ("scorer", PUT, SCORES),
    ("scorer", PUT, SHADOW),
    ("scorer", PUT, LEDGER),
    ("scorer", GET, MODEL),
    ("scorer", GET, CHAMPION),
    ("scorer", PUT, REPORT),
    ("scorer", DELETE, REPORT),
    ("scorer", PUT, f"{MODELS}/predict/1/artifacts/summary.json"),
    ("scorer", DELETE, f"{LAKE}/tables/scores/_delta_log/1.json.tmp"),
    ("scorer", LIST, DATA, {"s3:prefix": "portfolio/incoming/"}),
    ("scorer", "kms:Decrypt", KEY, S3),
    ("monitor", GET, SCORES),
    ("monitor", PUT, OUTCOMES),
    ("monitor", PUT, ALARMS),
    ("monitor", PUT, REPORT),
    ("monitor", PUT, LEDGER),
    ("monitor", GET, MODEL),
    ("reader", GET, SCORES),
    ("reader", GET, SHADOW),
    ("reader", GET, FINDINGS),
    ("reader", GET, REPORT),
    ("reader", GET, LEDGER),
    ("reader", GET, MODEL),
    ("steward", DELETE, SCORES),
    ("steward", DELETE, SHADOW),
    ("steward", DELETE, OVERRIDES),
    ("steward", PUT, OVERRIDES),
    ("steward", DELETE, SNAPSHOT),
    ("steward", DELETE, OUTCOMES),
    ("steward", PUT, SCORES),
    ("room", GET, SCORES),
    ("room", GET, SNAPSHOT),
    ("room", GET, REPORT),
    ("room", GET, MODEL),
    ("room", PUT, INCOMING),
    ("room", PUT, CHAMPION),
    ("room", PUT, LEDGER),
    ("room", PUT, FINDINGS),
    ("room", PUT, OVERRIDES),
    ("listener", "sqs:ReceiveMessage", QUEUE),
    ("listener", "sqs:DeleteMessage", QUEUE),
    ("tracking", GET, MODEL),
    ("watch", LIST, DATA, {"s3:prefix": "portfolio/tables/scores/_delta_log/"}),
    ("publish", "ecr:PutImage", REPOSITORY),
    ("plan", GET, f"{STATE}/{NAME}/terraform.tfstate"),
    ("plan", PUT, f"{STATE}/{NAME}/terraform.tfstate.tflock"),
    ("plan", "kms:Decrypt", STATE_KEY),
    ("deploy", "ecr:GetAuthorizationToken", "*"),
    ("deploy", "ecr:BatchGetImage", REPOSITORY),
    ("deploy", PUT, f"{STATE}/{NAME}/terraform.tfstate"),
    ("deploy", GET, f"{STATE}/{NAME}/terraform.tfstate"),
    ("deploy", DELETE, f"{STATE}/{NAME}/terraform.tfstate.tflock"),
    ("deploy", "kms:Decrypt", STATE_KEY),
    ("deploy", "ecs:UpdateService", f"arn:aws:ecs:{REGION}:service/{NAME}/scorer"),
    (
        "deploy",
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/{NAME}-scorer",
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
]

DENIED = [
    ("scorer", PUT, MODEL),
    ("scorer", DELETE, MODEL),
    ("scorer", PUT, CHAMPION),
    ("scorer", DELETE, CHAMPION),
    ("scorer", DELETE, LEDGER),
    ("scorer", DELETE, SCORES),
    ("scorer", DELETE, SNAPSHOT),
    ("scorer", PUT, OUTCOMES),
    ("scorer", PUT, INCOMING),
    ("scorer", "s3:DeleteObjectVersion", MODEL),
    ("scorer", "kms:Decrypt", KEY),
    ("scorer", "kms:Decrypt", STATE_KEY, S3),
    ("scorer", LIST, DATA, {"s3:prefix": ""}),
    ("scorer", PUT, f"{DATA}/elsewhere"),
    ("scorer", "ecr:PutImage", REPOSITORY),
    ("scorer", "sqs:ReceiveMessage", QUEUE),
    ("scorer", PUT, RECORD),
    ("scorer", GET, f"{STATE}/{NAME}/terraform.tfstate"),
    ("trainer", DELETE, MODEL),
    ("trainer", DELETE, CHAMPION),
    ("trainer", DELETE, LEDGER),
    ("trainer", PUT, SCORES),
    ("trainer", DELETE, SNAPSHOT),
    ("trainer", PUT, RECORD),
    ("trainer", "s3:BypassGovernanceRetention", RECORD),
    ("trainer", "s3:PutBucketPolicy", DATA),
    ("trainer", "s3:PutLifecycleConfiguration", DATA),
    ("monitor", PUT, MODEL),
    ("monitor", PUT, SCORES),
    ("monitor", PUT, CHAMPION),
    ("monitor", DELETE, INCOMING),
    ("monitor", DELETE, LEDGER),
    ("reader", PUT, SCORES),
    ("reader", DELETE, SCORES),
    ("reader", GET, SNAPSHOT),
    ("reader", GET, INCOMING),
    ("reader", PUT, LEDGER),
    ("reader", "kms:GenerateDataKey", KEY, S3),
    ("steward", DELETE, LEDGER),
    ("steward", DELETE, MODEL),
    ("steward", DELETE, RECORD),
    ("steward", PUT, CHAMPION),
    ("steward", DELETE, REPORT),
    ("room", PUT, SCORES),
    ("room", PUT, OUTCOMES),
    ("room", PUT, SNAPSHOT),
    ("room", PUT, MODEL),
    ("room", DELETE, INCOMING),
    ("room", DELETE, CHAMPION),
    ("room", DELETE, LEDGER),
    ("room", DELETE, SCORES),
    ("room", "sqs:ReceiveMessage", QUEUE),
    ("listener", GET, INCOMING),
    ("listener", "sqs:SendMessage", QUEUE),
    ("listener", "sqs:PurgeQueue", QUEUE),
    ("tracking", PUT, MODEL),
    ("tracking", GET, SNAPSHOT),
    ("tracking", GET, SCORES),
    ("orchestration", GET, SCORES),
    ("orchestration", LIST, DATA, {"s3:prefix": "portfolio/"}),
    ("watch", GET, SCORES),
    ("publish", "ecr:DeleteRepository", REPOSITORY),
    ("publish", "ecr:BatchDeleteImage", REPOSITORY),
    ("publish", "ecr:PutImage", f"{REPOSITORY}-other"),
    ("publish", GET, SCORES),
    ("plan", GET, SCORES),
    ("plan", PUT, f"{STATE}/{NAME}/terraform.tfstate"),
    ("plan", "ecr:PutImage", REPOSITORY),
    ("plan", "ecs:UpdateService", f"arn:aws:ecs:{REGION}:service/{NAME}/scorer"),
    ("plan", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:secret:mock"),
    ("deploy", "ecr:PutImage", REPOSITORY),
    ("deploy", GET, SCORES),
    ("deploy", PUT, MODEL),
    ("deploy", DELETE, f"{STATE}/{NAME}/terraform.tfstate"),
    ("deploy", GET, f"{STATE}/credit-default-production/terraform.tfstate"),
    ("deploy", "iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/new"),
    ("deploy", "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{NAME}-scorer"),
    ("deploy", "kms:ScheduleKeyDeletion", KEY),
    (
        "deploy",
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/administrator",
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
    (
        "deploy",
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/{NAME}-scorer",
        {"iam:PassedToService": "ec2.amazonaws.com"},
    ),
    ("deploy", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:secret:mock"),
]
JOBS = {
    **dict.fromkeys(
        ("trainer", "scorer", "monitor", "listener", "tracking", "orchestration", "watch", "room"),
        "task",
    ),
    **dict.fromkeys(("reader", "steward"), "person"),
    **dict.fromkeys(("publish", "plan", "deploy"), "pipeline"),
}


def judge(rendered, job, action, resource, context=None):
    """Whether the job may, by its own policy and by that of the bucket it reaches for."""
    policies = {DATA: "module.lake.module.data", RECORDS: "module.lake.module.records"}
    bucket = next((module for arn, module in policies.items() if resource.startswith(arn)), None)
    return is_allowed(
        Request(
            action,
            resource,
            {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3", **(context or {})},
        ),
        role_policy=rendered.read_policy(
            f'module.identity.aws_iam_role_policy.{JOBS[job]}["{job}"]'
        ),
        resource_policy=bucket and rendered.read_policy(f"{bucket}.aws_s3_bucket_policy.this"),
        principal=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{job}",
    )


def name_case(case):
    job, action, resource, *context = case
    place = resource.removeprefix("arn:aws:").replace(f":::{NAME}-", ":").replace(ACCOUNT, "")
    return f"{job} {action} {place} {' '.join(context[0].values()) if context else ''}".strip()


@pytest.mark.parametrize("case", ALLOWED, ids=name_case)
def test_may(rendered, case):
    assert judge(rendered, *case) is True


@pytest.mark.parametrize("case", DENIED, ids=name_case)
def test_may_not(rendered, case):
    assert judge(rendered, *case) is False


def test_every_job_is_in_the_matrix_on_both_sides(record_property):
    record_property("figures", f"{len(ALLOWED)} cases that may, {len(DENIED)} that may not")

    assert (
        {case[0] for case in ALLOWED} | {"orchestration"}
        == {case[0] for case in DENIED}
        == set(JOBS)
    )


@pytest.mark.parametrize(
    "circumstance",
    [
        {"aws:SecureTransport": "false"},
        {"s3:TlsVersion": "1.1"},
        {"s3:x-amz-server-side-encryption-aws-kms-key-id": "other"},
    ],
    ids=" ".join,
)
def test_the_data_bucket_refuses_even_who_may(rendered, circumstance):
    assert judge(rendered, "scorer", PUT, SCORES) is True
    assert judge(rendered, "scorer", PUT, SCORES, circumstance) is False


@pytest.mark.parametrize(
    "action",
    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObject"],
)
def test_the_records_refuse_even_an_administrator(rendered, action):
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    policy = rendered.read_policy("module.lake.module.records.aws_s3_bucket_policy.this")
    administrator = f"arn:aws:iam::{ACCOUNT}:role/administrator"
    request = Request(action, RECORD, {"aws:PrincipalArn": administrator})

    assert (
        is_allowed(request, role_policy=everything, resource_policy=policy, principal=administrator)
        is False
    )


def test_the_copier_alone_writes_records(rendered):
    copier = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-copier"
    request = Request("s3:ReplicateObject", RECORD, {"aws:PrincipalArn": copier})
    policies = {
        "role_policy": rendered.read_policy("module.lake.aws_iam_role_policy.copier"),
        "resource_policy": rendered.read_policy(
            "module.lake.module.records.aws_s3_bucket_policy.this"
        ),
    }

    assert is_allowed(request, principal=copier, **policies) is True
    assert (
        is_allowed(Request(DELETE, RECORD, request.context), principal=copier, **policies) is False
    )


@pytest.mark.parametrize(
    "subject",
    [
        "repo:lender/credit-default:environment:staging",
        "repo:lender/credit-default:environment:staging-plan",
        "repo:lender/credit-default:environment:production",
        "repo:lender/credit-default:ref:refs/heads/main",
        "repo:lender/credit-default:pull_request",
        "repo:somebody/credit-default:environment:staging",
    ],
)
@pytest.mark.parametrize(
    ("role", "environment"),
    [("publish", "staging-plan"), ("plan", "staging-plan"), ("deploy", "staging")],
)
def test_github_comes_from_one_repository_and_one_environment(rendered, role, environment, subject):
    trusted = subject == f"repo:lender/credit-default:environment:{environment}"

    assert trusts(rendered, role, subject) is trusted


def test_each_job_of_the_deployment_may_take_the_role_that_it_asks_for(rendered):
    workflow = yaml.safe_load((INFRA.parent / ".github/workflows/deploy.yml").read_text("utf-8"))
    asked = {
        job: (body["environment"].replace("${{ inputs.environment }}", "staging"), used[0])
        for job, body in workflow["jobs"].items()
        if (used := re.findall(r"vars\.(\w+)_ROLE_ARN", yaml.safe_dump(body)))
    }

    assert asked == {
        "image": ("staging-plan", "PUBLISH"),
        "plan": ("staging-plan", "PLAN"),
        "apply": ("staging", "DEPLOY"),
    }
    for environment, role in asked.values():
        subject = f"repo:lender/credit-default:environment:{environment}"
        assert trusts(rendered, role.lower(), subject), role


def trusts(rendered, role, subject):
    trust = rendered.resources[f'module.identity.aws_iam_role.pipeline["{role}"]'][
        "assume_role_policy"
    ]
    token = {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": subject,
    }
    statements = [{**statement, "Resource": "*"} for statement in read_statements(trust)]

    return any(matches(s, Request("sts:AssumeRoleWithWebIdentity", "*", token)) for s in statements)


@pytest.mark.parametrize("role", ["reader", "steward"])
def test_a_person_comes_with_a_second_factor(rendered, role):
    trust = rendered.resources[f'module.identity.aws_iam_role.person["{role}"]'][
        "assume_role_policy"
    ]
    (statement,) = [{**statement, "Resource": "*"} for statement in read_statements(trust)]

    assert (
        matches(statement, Request("sts:AssumeRole", "*", {"aws:MultiFactorAuthPresent": "true"}))
        is True
    )
    assert matches(statement, Request("sts:AssumeRole", "*")) is False


def test_no_role_may_do_everything(rendered):
    policies = {
        a: v["policy"] for a, v in rendered.resources.items() if ".aws_iam_role_policy." in a
    }
    wide = [
        address
        for address, policy in policies.items()
        for statement in read_statements(policy)
        if statement["Effect"] == "Allow"
        and any(action in {"*", "s3:*", "iam:*", "kms:*"} for action in statement["Action"])
    ]

    assert len(policies) >= 15
    assert wide == []
