"""Every `run:` of every workflow, done again in a clean clone of HEAD as GitHub's runner does it: bash, ended by the first
failure, with files for outputs and summary. Where a line speaks to docker, cosign, aws, terraform or gh, a stand-in writes
down what it was asked for; make and all that is ours behind it are real. What can't be done here is skipped by name.
"""

import hashlib
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "ab" * 32
RELEASE = f"registry.example/credit-default@{DIGEST}"
SERVICES = ("listener", "mlflow", "monitor", "prefect", "room", "scorer", "trainer")
PLAN = "Plan: 1 to change.\n"
PLAN_SHA256 = hashlib.sha256(PLAN.encode()).hexdigest()
METRICS = json.dumps(
    {
        "status": "promoted",
        "verdicts": [{"gate": "promotion", "level": "ok"}],
        "counts": {"accepted": 100},
        "figures": {"roc_auc": 0.7, "roc_auc, low": 0.6, "roc_auc, high": 0.8},
        "paths": {"digest": "0"},
    }
)

STAND_IN = ROOT / "tests" / "fakes" / "outside_tool.sh"


@dataclass(frozen=True)
class Replay:
    """What a line finds (`files`, `environment`) and what it must leave behind."""

    files: Mapping[str, str] = field(
        default_factory=dict
    )  # path → content, from an earlier step or job
    environment: Mapping[str, str] = field(default_factory=dict)
    makes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()  # what the stand-ins were asked for, word by word
    outputs: tuple[str, ...] = ()
    summary: str = ""
    on_aws: bool = False  # speaks to ECS by boto3: moto's server stands in


TERRAFORM = "terraform -chdir=infra/environments/staging"
STATE_KEY = "arn:aws:kms:eu-central-1:123456789012:key/state"
STATE = f"-backend-config=bucket=state -backend-config=kms_key_id={STATE_KEY}"
RELEASE_PLAN = "../../../build/plan/release.tfplan"
PLANNED = (
    f"{TERRAFORM} init -input=false -reconfigure -lockfile=readonly {STATE}",
    f"{TERRAFORM} plan -input=false -lock-timeout=5m -var image_digest={DIGEST} -out={RELEASE_PLAN}",
    f"{TERRAFORM} show -no-color {RELEASE_PLAN}",
)
APPLIED = f"{TERRAFORM} apply -input=false -lock-timeout=5m {RELEASE_PLAN}"
IMAGE = {"IMAGE": "registry.example/credit-default", "TAG": "abc-1"}
STAGING = {
    "ENVIRONMENT": "staging",
    "RELEASE": RELEASE,
    "STATE_BUCKET": "state",
    "STATE_KMS_KEY_ARN": STATE_KEY,
}

PUSHED = (
    "docker buildx build --push --target run --provenance=mode=max --sbom=true"
    " --tag {IMAGE}:{TAG} --metadata-file build/image.json ."
).format(**IMAGE)
VERIFIED = (
    "cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com"
    r" --certificate-identity-regexp ^https://github\.com/owner/name/\.github/workflows/deploy\.yml@refs/heads/main$"
    f" {RELEASE}"
)

# By the first line of the step.
REPLAYED = {
    "make docs": Replay(makes=("build/site/index.html", "build/site/llms.txt")),
    "make licences": Replay(),
    "make build": Replay(makes=("dist/*.whl", "dist/*.tar.gz")),
    "make sbom": Replay(makes=("build/sbom/image.cdx.json",)),
    "make --silent release-notes > notes.md": Replay(
        environment={"VERSION": "Unreleased"}, makes=("notes.md",)
    ),
    "make model-comparison MAIN=build/metrics/metrics-main/metrics.json PROPOSED=build/metrics/metrics-proposed/metrics.json": Replay(
        files={
            f"build/metrics/metrics-{side}/metrics.json": METRICS for side in ("main", "proposed")
        },
        makes=("build/comparison.md",),
    ),
    'cat build/comparison.md >> "$GITHUB_STEP_SUMMARY"': Replay(
        files={"build/comparison.md": "figures"}, summary="figures"
    ),
    'cat build/reports/memory.txt >> "$GITHUB_STEP_SUMMARY"': Replay(
        files={"build/reports/memory.txt": "754 MiB"}, summary="754 MiB"
    ),
    'cat build/reports/nightly.txt >> "$GITHUB_STEP_SUMMARY"': Replay(
        files={"build/reports/nightly.txt": "races  7 min 00 s  passed"}, summary="passed"
    ),
    "mkdir -p build/reports": Replay(makes=("build/reports",)),
    'gh pr comment "$NUMBER" --repo "$GITHUB_REPOSITORY" --edit-last --create-if-none --body-file comparison.md': Replay(
        environment={"NUMBER": "7"},
        asks=(
            "gh pr comment 7 --repo owner/name --edit-last --create-if-none --body-file comparison.md",
        ),
    ),
    'gh release create "$VERSION" --verify-tag --title "$VERSION" --notes-file notes.md dist/* build/sbom/image.cdx.json': Replay(
        files={"dist/a.whl": ""},
        environment={"VERSION": "v1.2.3"},
        asks=(
            "gh release create v1.2.3 --verify-tag --title v1.2.3 --notes-file notes.md dist/a.whl build/sbom/image.cdx.json",
        ),
    ),
    "make image-login": Replay(
        environment=IMAGE,
        asks=(
            "aws ecr get-login-password",
            "docker login --username AWS --password-stdin registry.example",
        ),
    ),
    "make image-push": Replay(
        environment=IMAGE,
        asks=(PUSHED,),
    ),
    "make image-sign": Replay(environment=STAGING, asks=(f"cosign sign --yes {RELEASE}",)),
    "make image-verify": Replay(
        environment=STAGING | {"REPOSITORY": "owner/name"},
        asks=(VERIFIED,),
    ),
    "digest=$(jq -r '.\"containerimage.digest\"' build/image.json)": Replay(
        files={"build/image.json": json.dumps({"containerimage.digest": DIGEST})},
        environment=IMAGE,
        outputs=(f"digest={DIGEST}", f"release={RELEASE}"),
    ),
    "make plan": Replay(
        environment=STAGING, asks=PLANNED, makes=("build/plan/plan.txt", "build/plan/plan.sha256")
    ),
    "before=$(make --silent running-image)": Replay(
        files={"build/plan/plan.sha256": PLAN_SHA256, "build/plan/plan.txt": PLAN},
        environment=STAGING,
        outputs=(f"before={RELEASE}", f"sha256={PLAN_SHA256}"),
        summary=PLAN,
        on_aws=True,
    ),
    "make approved": Replay(environment=STAGING | {"APPROVED": PLAN_SHA256}, asks=PLANNED),
    "make apply": Replay(environment=STAGING, asks=(APPLIED,)),
    "make smoke-test": Replay(environment=STAGING, on_aws=True),
    "make rollback smoke-test": Replay(environment=STAGING, asks=(*PLANNED, APPLIED), on_aws=True),
}

# Shortened where the whole takes minutes; in the long form of the suite.
SHORTENED = {
    "make model-metrics DATA=public": Replay(
        environment={
            "MAKEFLAGS": "-- DATA=simulated",
            "CREDIT_DEFAULT_RECIPE__TREE_COUNT": "5",
            "CREDIT_DEFAULT_RECIPE__LEAF_ROW_COUNT": "40",
            "CREDIT_DEFAULT_RECIPE__COLUMN_SHARE": "0.2",
        },
        makes=("build/metrics.json",),
    ),
    "make bench-memory > build/reports/memory.txt": Replay(
        files={"build/reports/a": ""},
        environment={"ARGS": "2000 4000"},
        makes=("build/reports/memory.txt",),
    ),
}

DONE_BY_CI = (
    "make check",
    "make cover",
    'make demo ARGS="--quiet"',
)  # whole, by .ci/run, in a clean clone too

LEFT_OUT = {
    "make audit": "it asks the database of known vulnerabilities, which takes a network",
    "make odd-shell": "it runs this suite, in a clone of its own",
    "make ci-check": "it is the command that runs this suite",
    "make ci-check LONG=1": "it is the command that runs this suite",
    "make infra-check": "it has a suite and a job of its own",
    "make nightly": "it is the command that runs this suite",
    "make pictures": "`make nightly` runs the tests that draw them",
}


def find_key(step):
    return step.run.splitlines()[0]


@pytest.fixture
def clone(tmp_path):
    """A clean clone of HEAD, set up already: its environment is the one that runs this test, as `make setup` left it.

    By a link, as make cannot take a path with a blank for one of its targets.
    """
    if not (Path(sys.prefix) / ".installed").exists():
        pytest.skip("the environment that runs this was not made by make: `make setup`")
    folder = tmp_path / "clone"
    cloned = subprocess.run(
        ["git", "clone", "--quiet", ROOT, folder], capture_output=True, check=False
    )
    if cloned.returncode:
        pytest.skip("no git checkout to clone: run the tests in a `git clone`")
    for name in (
        "requirements.lock",
        "pyproject.toml",
        "ci/requirements.lock",
        "ci/package-lock.json",
    ):
        os.utime(folder / name, (0, 0))  # older than what was installed from them
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".venv-ci").symlink_to(ROOT / ".venv-ci")
    return folder


@pytest.fixture(scope="module")
def cloud():
    """Where boto3 finds a cluster whose services all run `RELEASE`."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    keys = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "eu-central-1",
    }
    ecs = boto3.client(
        "ecs",
        endpoint_url=address,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    ecs.create_cluster(clusterName="credit-default-staging")
    for name in SERVICES:
        ecs.register_task_definition(
            family=name, containerDefinitions=[{"name": name, "image": RELEASE, "memory": 1}]
        )
        ecs.create_service(
            cluster="credit-default-staging", serviceName=name, taskDefinition=name, desiredCount=0
        )
    yield keys | {"AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "eu-central-1"}
    server.stop()


def run_step(step, replay, clone, *, more=None):
    """Runs the step as GitHub's runner does; what came of it, and what the stand-ins were asked for."""
    github = clone.parent / "github"
    stand_ins = clone.parent / "stand-ins"
    github.mkdir()
    stand_ins.mkdir()
    for name in ("aws", "cosign", "docker", "gh", "terraform"):
        shutil.copy(STAND_IN, stand_ins / name)
    for name, content in replay.files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(content, encoding="utf-8")
    script = github / "script.sh"
    script.write_text(step.run, encoding="utf-8")
    environment = {
        "ASKED": str(github / "asked"),
        "CI": "true",
        "GITHUB_OUTPUT": str(github / "output"),
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_STEP_SUMMARY": str(github / "summary"),
        "HOME": str(github),
        "PATH": f"{stand_ins}:{os.environ['PATH']}",
        "SHOWN": PLAN,
        "PYTHONPATH": str(clone / "src"),
        **replay.environment,
        **(more or {}),
    }
    ended = subprocess.run(
        ["bash", "-e", script],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    left = {
        name: (github / name).read_text() if (github / name).exists() else ""
        for name in ("asked", "output", "summary")
    }
    return ended, left


def check_replay(step, replay, clone, *, more=None):
    ended, left = run_step(step, replay, clone, more=more)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [pattern for pattern in replay.makes if not list(clone.glob(pattern))] == []
    # a pipe's two ends begin in any order
    assert sorted(left["asked"].splitlines()) == sorted(replay.asks)
    assert left["output"].splitlines() == list(replay.outputs)
    assert replay.summary in left["summary"]


def test_every_step_is_replayed_or_left_out_for_a_reason(steps):
    known = {*REPLAYED, *SHORTENED, *DONE_BY_CI, *LEFT_OUT}

    assert {find_key(step) for step in steps} == known


def test_step_works_in_a_clean_clone(line, clone, tool, request):
    key = find_key(line)
    if key in LEFT_OUT:
        pytest.skip(f"`{key}`: {LEFT_OUT[key]}")
    if key in DONE_BY_CI:
        pytest.skip(f"`{key}`: .ci/run does it whole")
    if key in SHORTENED:
        pytest.skip(f"`{key}`: the longer forms of `make ci-check` do it, and `make nightly`")
    if key == "make sbom":
        tool("cyclonedx-py")  # which make would install otherwise

    replay = REPLAYED[key]
    check_replay(
        line, replay, clone, more=request.getfixturevalue("cloud") if replay.on_aws else None
    )


@pytest.mark.nightly
@pytest.mark.parametrize(
    "key", SHORTENED, ids=["model-metrics", "bench-memory in_full"]
)  # the second for LONG=1 alone
def test_long_step_works_in_a_clean_clone(key, steps, clone):
    check_replay(next(step for step in steps if find_key(step) == key), SHORTENED[key], clone)


def test_make_knows_how_to_do_every_step_with_the_variables_that_its_job_sets(step):
    environment = {"PATH": os.environ["PATH"], **dict.fromkeys(step.environment, "value")}

    for call in re.findall(r"(?:^|[(])make ([^;&|)>\n]+)", step.run, re.MULTILINE):
        ended = subprocess.run(
            ["make", "--dry-run", *shlex.split(call)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("target", "needed"),
    [
        ("image-login", ("IMAGE",)),
        ("image-push", ("IMAGE", "TAG")),
        ("image-sign", ("RELEASE",)),
        ("image-verify", ("RELEASE", "REPOSITORY")),
        ("plan", ("RELEASE", "STATE_BUCKET", "STATE_KMS_KEY_ARN")),
        ("approved", ("RELEASE", "STATE_BUCKET", "STATE_KMS_KEY_ARN", "APPROVED")),
        ("rollback", ("RELEASE", "STATE_BUCKET", "STATE_KMS_KEY_ARN")),
        ("smoke-test", ("RELEASE",)),
    ],
)
def test_target_names_the_variable_that_it_lacks(target, needed):
    for lacking in needed:
        given = [f"{name}=value" for name in needed if name != lacking]

        ended = subprocess.run(
            ["make", "--dry-run", target, *given],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode == 2
        assert f"needs {lacking}: the head of ci/deploy.mk explains it" in ended.stderr


def list_outside_commands():
    asked = [
        *dict.fromkeys(
            line for replay in (*REPLAYED.values(), *SHORTENED.values()) for line in replay.asks
        )
    ]
    return [line.split() for line in asked if not line.startswith("aws ")]


@pytest.mark.parametrize(
    "words", list_outside_commands(), ids=lambda words: " ".join(words[:3]).replace("/", ".")
)
def test_a_tool_that_is_here_knows_every_flag_that_it_is_given(words):
    tool, *rest = words
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed: its flags are not checked here")
    bare = [word for word in rest if not word.startswith("-chdir=")]
    subcommand = list(itertools.takewhile(lambda word: re.fullmatch(r"[a-z]+", word), bare))
    asked = [tool, *subcommand, "-help" if tool == "terraform" else "--help"]
    explained = subprocess.run(asked, capture_output=True, text=True, check=False)
    usage = re.search("usage:.*", explained.stdout, re.IGNORECASE)
    if usage is None or " ".join(subcommand) not in usage[0]:
        pytest.skip(f"{tool} has no {' '.join(subcommand)} here: its flags are not checked")

    # of a value that is itself a list (-backend-config=bucket=…) the flag ends with the first sign
    flags = {word.split("=")[0] for word in bare if word.startswith("-")}
    known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", explained.stdout))
    assert flags - known == set()


def test_the_registrys_password_is_what_aws_prints(cloud):
    if shutil.which("aws") is None:
        pytest.skip("aws is not installed: its command is not checked here")

    ended = subprocess.run(
        ["aws", "ecr", "get-login-password"],
        env={**os.environ, **cloud, "LC_ALL": "C"},  # a shell warns of a locale that is absent
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"[\w=+/-]+", ended.stdout.strip())


def test_what_is_left_to_ci_run_is_done_there():
    done = set(re.findall(r"\bmake [a-z-]+", (ROOT / ".ci/run").read_text(encoding="utf-8")))

    assert {" ".join(line.split()[:2]) for line in DONE_BY_CI} <= done


def test_a_plan_that_has_changed_since_it_was_approved_is_refused(steps, clone):
    step = next(step for step in steps if step.run == "make approved")
    replay = Replay(environment=STAGING | {"APPROVED": "00" * 32})

    ended, left = run_step(step, replay, clone)

    assert ended.returncode != 0
    assert "the plan has changed since it was approved" in ended.stdout
    assert " apply " not in left["asked"]


def test_a_release_that_does_not_run_fails_the_smoke_test_and_says_which_service(clone, cloud):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(clone / "src"), **cloud}
    command = [
        sys.executable,
        "ci/smoke_test.py",
        "--cluster",
        "credit-default-staging",
        "--minutes",
        "0",
    ]

    ended = subprocess.run(
        [*command, "--release", RELEASE.replace("ab", "cd")],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert f"mlflow: runs {RELEASE}" in ended.stderr
