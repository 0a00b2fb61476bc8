"""The make targets of a deployment and the README's order of apply, by the real Terraform on moto's server: state, plan, approval, rollback.

Where a test of the workflows has a stand-in for Terraform, it is held beside the real one here. Not AWS: this server takes any
role for an administrator; who may do what is judged by test_iam_matrix.py.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from hcl_parsing import INFRA
from moto.server import ThreadedMotoServer
from terraform_runs import build_environment, find_plugins

ROOT = INFRA.parent
README = (INFRA / "README.md").read_text(encoding="utf-8")
STAND_IN = ROOT / "tests" / "fakes" / "outside_tool.sh"
BUCKET = "state-of-this-test"  # not the one that bootstrap makes below
DIGEST = "sha256:" + "ab" * 32
RELEASE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/credit-default-staging@{DIGEST}"
ROLE = 'module.stack.module.identity.aws_iam_role.pipeline["deploy"]'
RECORDER = '#!/usr/bin/env bash\necho "terraform $*" >> "$ASKED"\nexec {terraform} "$@"\n'

pytestmark = pytest.mark.terraform


@dataclass(frozen=True)
class Checkout:
    """What a deployment needs of the project, in a folder whose name has a space, and the account that it speaks to."""

    folder: Path
    environment: dict

    def run(self, command, **variables):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def make(self, *targets, tools="recorder", more=None, **variables):
        """The end of a `make` with these variables, and what Terraform was asked for."""
        asked = self.folder / "asked"
        asked.unlink(missing_ok=True)
        path = f"{self.folder / tools}{os.pathsep}{self.environment['PATH']}"
        given = [f"{name}={value}" for name, value in variables.items()]
        command = shlex.join(["make", "--no-print-directory", *targets, *given])
        ended = self.run(command, PATH=path, ASKED=str(asked), **(more or {}))
        return ended, asked.read_text().splitlines() if asked.exists() else []

    def client(self, service):
        names = {
            "aws_access_key_id": "AWS_ACCESS_KEY_ID",
            "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
            "endpoint_url": "AWS_ENDPOINT_URL",
            "region_name": "AWS_REGION",
        }
        given = {name: self.environment[variable] for name, variable in names.items()}
        return boto3.client(service, **given)


@pytest.fixture(scope="module")
def account():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield {
        "AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port()),
        "AWS_ACCESS_KEY_ID": "test-key",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    server.stop()


@pytest.fixture(scope="module")
def checkout(terraform, account, tmp_path_factory):
    """The checkout before anything was applied; skips where Terraform or its provider can't be had."""
    ready = terraform("environments/staging")
    folder = tmp_path_factory.mktemp("a checkout") / "credit default"
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", "__pycache__")
    for name in ("ci", "infra"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("recorder", "stand-in"):
        (folder / name).mkdir()
    recorder = RECORDER.format(terraform=shlex.quote(shutil.which("terraform")))
    (folder / "recorder" / "terraform").write_text(recorder, encoding="utf-8")
    (folder / "recorder" / "terraform").chmod(0o755)
    shutil.copy(STAND_IN, folder / "stand-in" / "terraform")
    plugins = [f"-plugin-dir={find_plugins()}"] if find_plugins() else []
    environment = {
        **build_environment(None if plugins else ready.cache),
        **account,
        # a real bucket is a name of its own; on loopback it is a folder of the server
        "TF_CLI_ARGS_init": shlex.join([*plugins, "-backend-config=use_path_style=true"]),
        "TF_CLI_ARGS_apply": "-auto-approve",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    return Checkout(folder, environment)


@pytest.fixture(scope="module")
def state(checkout):
    """What `make plan` is told of the state: a bucket and a key, as infra/bootstrap leaves them."""
    checkout.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    key = checkout.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {"STATE_BUCKET": BUCKET, "STATE_KMS_KEY_ARN": key}


def find_step(number):
    """The commands of a step of the README's order of apply."""
    step = re.search(rf"^{number}\. (.*?)^(?:\d\. |\n)", README, re.MULTILINE | re.DOTALL)[1]
    commands = [" ".join(text.split()) for text in re.findall(r"`([^`]+)`", step)]
    return [text for text in commands if re.search(r"\bterraform (init|apply)\b", text)]


@pytest.fixture(scope="module")
def registry(checkout, state):
    """The image repository of staging, made by steps 3 and 4 of the README, word by word."""
    (init,), (apply,) = find_step(3), find_step(4)
    init = init.replace("=bucket=…", f"=bucket={state['STATE_BUCKET']}")
    init = init.replace("=kms_key_id=…", f"=kms_key_id={state['STATE_KMS_KEY_ARN']}")
    ended = checkout.run(f"{init}\n{apply.replace('sha256:…', DIGEST)}")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    return checkout.client("ecr").describe_repositories()["repositories"][0]["repositoryUri"]


@pytest.fixture(scope="module")
def planned(checkout, registry, state):
    ended, asked = checkout.make("plan", ENVIRONMENT="staging", RELEASE=RELEASE, **state)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    return ended.stdout, asked


@pytest.mark.short
def test_the_plan_names_the_release_of_which_the_registry_is_that_of_the_environment(
    planned, registry
):
    printed, _ = planned

    assert f"{registry}@{DIGEST}" == RELEASE
    assert RELEASE in printed
    assert "aws_ecs_service.this" in printed


@pytest.mark.short
def test_the_state_is_where_the_policies_of_the_roles_expect_it(planned, checkout):
    (kept,) = checkout.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]

    assert kept["Key"] == "credit-default-staging/terraform.tfstate"


def test_what_was_approved_is_planned_again_word_by_word(planned, checkout, state):
    sha256 = (checkout.folder / "build/plan/plan.sha256").read_text().strip()
    given = {"ENVIRONMENT": "staging", "RELEASE": RELEASE, **state}

    ended, _ = checkout.make("approved", APPROVED=sha256, **given)

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr


@pytest.mark.short
def test_a_rollback_plans_and_applies(planned, checkout, state):
    """One role of the plan, not all of it: this server knows no load balancer that Terraform is content with."""
    only = {"TF_CLI_ARGS_plan": f"-target={shlex.quote(ROLE)}"}

    ended, asked = checkout.make(
        "rollback", ENVIRONMENT="staging", RELEASE=RELEASE, more=only, **state
    )

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    roles = [role["RoleName"] for role in checkout.client("iam").list_roles()["Roles"]]
    assert roles == ["credit-default-staging-deploy"]
    told = compare_with_stand_in(checkout, state, asked)
    assert told == ["init", "plan", "show", "apply"]


def compare_with_stand_in(checkout, state, asked):
    """The subcommands that Terraform was asked for; the stand-in is asked for the same, word by word, and ends as well."""
    plan = checkout.folder / "build" / "plan"
    left = {path.name for path in plan.iterdir()}
    shutil.rmtree(plan)
    given = {"ENVIRONMENT": "staging", "RELEASE": RELEASE, **state}

    ended, instead = checkout.make("rollback", tools="stand-in", more={"SHOWN": "a plan"}, **given)

    assert ended.returncode == 0, ended.stderr
    assert instead == asked
    assert {path.name for path in plan.iterdir()} == left
    assert (plan / "plan.txt").read_text() == "a plan"
    return [line.split()[2] for line in asked]


@pytest.mark.parametrize(
    "release", ["registry.example/credit-default:latest", "registry.example/x@sha256:ab"]
)
def test_a_release_without_its_whole_digest_is_refused_before_anything_is_planned(
    checkout, registry, state, release
):
    ended, asked = checkout.make("plan", ENVIRONMENT="staging", RELEASE=release, **state)

    assert ended.returncode == 2
    assert "image_digest must be sha256: and 64 hexadecimal digits" in " ".join(
        re.sub("[│╵╷]", "", ended.stderr).split()
    )
    assert [line.split()[2] for line in asked] == ["init", "plan"]


@pytest.mark.short
def test_production_is_planned_likewise(checkout, state):
    release = RELEASE.replace("staging", "production")

    ended, _ = checkout.make("plan", ENVIRONMENT="production", RELEASE=release, **state)

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    assert 'module.services.aws_ecs_service.this["scorer"]' in ended.stdout


def test_bootstrap_makes_the_bucket_and_says_what_a_plan_is_told(checkout):
    """Step 1 of the README; a lifecycle rule takes a minute to stand."""
    (command,) = find_step(1)
    given = command.replace("account_id=…", "account_id=123456789012")

    ended = checkout.run(
        f"{given.replace('region=…', 'region=eu-central-1')}\nterraform output -json",
        TF_CLI_ARGS_init=checkout.environment["TF_CLI_ARGS_init"].partition("-backend-config")[0],
    )

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    told = json.loads(ended.stdout[ended.stdout.rindex("\n{") :])
    assert sorted(name.upper() for name in told) == ["STATE_BUCKET", "STATE_KMS_KEY_ARN"]
    assert told["state_bucket"]["value"] == "credit-default-state-123456789012"
