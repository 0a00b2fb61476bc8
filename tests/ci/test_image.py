"""The image and the stack of compose.yaml, as far as they can be known without a container engine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from credit_default.adapters.mlflow.server_app import APP_NAME
from credit_default.flows.server import basic_auth_server

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"
UV = Path(sys.executable).with_name("uv")
SERVICES = (
    "proxy",
    "mlflow",
    "prefect",
    "worker",
    "listener",
    "scheduler",
    "partitions",
    "evidently",
    "postgres",
    "store",
)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(params=SERVICES)
def service(request, compose):
    return compose["services"][request.param]


@pytest.fixture(scope="module")
def instructions():
    """The Dockerfile's instructions in order, as (word, rest); continued lines joined, comments left out."""
    text = re.sub(
        r"\\\n",
        " ",
        re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE),
    )
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def list_runs(instructions):
    return [" ".join(rest.split()) for word, rest in instructions if word == "RUN"]


def test_hadolint_finds_nothing_in_the_dockerfile(run_tool):
    ended = run_tool("hadolint", "--failure-threshold", "style", "Dockerfile")

    assert (ended.returncode, ended.stdout) == (0, "")


def test_hadolint_finds_a_base_without_a_version(run_tool, tmp_path):
    planted = tmp_path / "Dockerfile"
    planted.write_text("FROM python\n", encoding="utf-8")

    assert "DL3006" in run_tool("hadolint", planted).stdout


def test_image_is_built_in_one_stage_and_runs_from_another_that_has_no_installer(instructions):
    stages = [rest for word, rest in instructions if word == "FROM"]
    last = instructions[max(i for i, (word, _) in enumerate(instructions) if word == "FROM") :]

    assert [stage.split(" AS ")[1] for stage in stages] == ["uv", "build", "run"]
    assert stages[1].split(" AS ")[0] == stages[2].split(" AS ")[0]
    assert "COPY --from=build /opt/credit-default /opt/credit-default" in [
        " ".join(item) for item in last
    ]
    assert not [rest for word, rest in last if word == "COPY" and "uv" in rest]


def test_every_base_is_named_by_digest(instructions, compose):
    bases = [rest.split()[0] for word, rest in instructions if word == "FROM"]
    images = [
        body["image"] for body in compose["services"].values() if body["image"] != "credit-default"
    ]

    assert [
        name for name in bases + images if not re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", name)
    ] == []


def test_image_runs_as_an_unprivileged_user_and_checks_its_health(instructions):
    words = dict(instructions)

    assert words["USER"] == "10001:10001"
    assert words["HEALTHCHECK"].startswith("--interval=")
    assert words["ENTRYPOINT"] == "[]"


def test_dependencies_are_installed_by_hash_from_wheels_alone_and_compiled(instructions):
    install = next(run for run in list_runs(instructions) if "requirements.image.lock" in run)

    assert {"--require-hashes", "--only-binary", "--compile-bytecode"} <= set(install.split())


def test_whatever_is_written_goes_to_the_scratch_folder(instructions):
    written = dict(
        pair.split("=", 1) for word, rest in instructions if word == "ENV" for pair in rest.split()
    )

    assert {
        written[name].split("/")[1]
        for name in ("HOME", "PREFECT_HOME", "CREDIT_DEFAULT_HOME", "CREDIT_DEFAULT_CACHE")
    } == {"tmp"}


def test_only_what_the_build_copies_is_sent_to_it(instructions):
    sent = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        name
        for word, rest in instructions
        if word == "COPY" and "--from" not in rest
        for name in rest.split()[:-1]
    }

    assert sent == copied
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_compose_file_holds_to_the_schema(run_tool):
    ended = run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")

    assert ended.returncode == 0, ended.stdout


def test_schema_finds_a_service_with_a_word_that_there_is_not(run_tool, tmp_path):
    planted = tmp_path / "compose.yaml"
    planted.write_text("services: {one: {image: x, read_onlyy: true}}\n", encoding="utf-8")

    assert (
        run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", planted).returncode
        == 1
    )


def test_service_can_write_nowhere_but_in_its_scratch_and_volumes_and_gains_no_right(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "pid", "ipc", "network_mode", "devices"}


def test_service_runs_unprivileged_with_a_health_check_and_a_limit(service):
    assert int(service["user"].split(":")[0]) > 0
    assert {"test", "interval", "timeout", "retries"} <= service["healthcheck"].keys()
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["mem_limit"]
    assert service["restart"] == "unless-stopped"


def test_service_waits_for_the_health_of_what_it_needs(service):
    assert {need["condition"] for need in service.get("depends_on", {}).values()} <= {
        "service_healthy"
    }


def test_only_the_proxy_is_to_be_reached_and_on_loopback_alone(compose):
    ports = {name: body["ports"] for name, body in compose["services"].items() if "ports" in body}
    networks = {name for name, body in compose["services"].items() if "outside" in body["networks"]}

    assert ports == {"proxy": [f"127.0.0.1:{port}:{port}" for port in (5000, 4200, 8000, 8300)]}
    assert networks == {"proxy"}
    assert compose["networks"]["inside"] == {"internal": True}


def test_both_servers_are_behind_the_basic_auth_middleware(compose):
    mlflow, prefect = (compose["services"][name]["command"] for name in ("mlflow", "prefect"))

    assert f"--app-name={APP_NAME}" in mlflow
    assert prefect[:3] == ["python", "-m", basic_auth_server.__name__]
    assert (
        prefect[-1]
        == urlsplit(compose["services"]["worker"]["environment"]["PREFECT_API_URL"]).hostname
    )


def test_no_password_is_in_the_stack_and_each_that_it_needs_is_in_the_example():
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "compose.yaml", *(ROOT / "compose").iterdir())
    ]
    asked = set(re.findall(r"\$\{(\w+):\?set it in \.env\}", texts[0]))
    secret = re.findall(
        r"^\s*\S*(?:PASSWORD|SECRET|KEY_ID|AUTH_STRING)\S*: (.+)$", texts[0], re.MULTILINE
    )

    assert [value for value in secret if not re.search(r"\$\{\w+:\?", value)] == []
    assert (
        set(re.findall(r"^(\w+)=$", (ROOT / "compose/example.env").read_text(), re.MULTILINE))
        == asked
    )
    assert not [text for text in texts if re.search(r"^\s*admin_password\s*=", text, re.MULTILINE)]


def test_the_cluster_is_of_the_profile_scale_and_speaks_tls_alone(compose):
    files = ["--tls-ca-file=/tls/ca.pem", "--tls-cert=/tls/node.pem", "--tls-key=/tls/node.key"]
    scheduler, workers = (compose["services"][name] for name in ("scheduler", "partitions"))

    assert [body["profiles"] for body in (scheduler, workers)] == [["scale"], ["scale"]]
    assert "--protocol=tls" in scheduler["command"]
    assert "tls://scheduler:8786" in workers["command"]
    for body in (scheduler, workers):
        assert body["command"][-3:] == files
        assert body["volumes"] == ["./tls:/tls:ro"]


def test_each_server_has_the_database_that_it_names(compose):
    made = set(re.findall(r"CREATE DATABASE (\w+)", (ROOT / "compose/databases.sql").read_text()))
    users = re.search(r"database_uri = \S+/(\w+)", (ROOT / "compose/mlflow-auth.ini").read_text())[
        1
    ]
    records = next(
        word for word in compose["services"]["mlflow"]["command"] if "backend-store" in word
    ).rpartition("/")[2]

    assert made == {
        users,
        records,
        compose["services"]["prefect"]["environment"]["PREFECT_SERVER_DATABASE_NAME"],
    }


def test_telemetry_is_off_in_the_image_and_code_is_not_run_on_the_servers_side(
    instructions, compose
):
    written = dict(
        pair.split("=", 1) for word, rest in instructions if word == "ENV" for pair in rest.split()
    )

    assert written["DO_NOT_TRACK"] == written["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert written["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert (
        compose["services"]["mlflow"]["environment"]["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"]
        == "false"
    )


def test_proxys_configuration_is_one_that_nginx_takes(tmp_path):
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("no nginx: install it")
    configuration = str(ROOT / "compose/nginx.conf")

    ended = subprocess.run(
        [nginx, "-t", "-c", configuration, "-p", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr


def test_another_name_than_the_allowed_ones_is_closed_without_an_answer():
    text = (ROOT / "compose/nginx.conf").read_text(encoding="utf-8")
    default = re.search(
        r"server \{\s*((?:listen \d+ default_server;\s*)+)server_name _;\s*return 444;", text
    )

    assert re.findall(r"\d+", default[1]) == ["5000", "4200", "8000", "8300"]
    assert set(re.findall(r"server_name ([^;]+);", text)) == {"_", "localhost 127.0.0.1"}


@pytest.mark.nightly
def test_each_run_line_of_the_dockerfile_works_in_a_clean_folder_in_full(instructions, tmp_path):
    """The lines as they stand, with folders of the image moved under a temporary one; users go to a passwd file there."""
    if os.geteuid() != 0:
        pytest.skip("making a user and giving a folder away is not allowed: run it as root")
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow", "gshadow"):
        if (Path("/etc") / name).exists():
            shutil.copy(Path("/etc") / name, tmp_path / "etc")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("groupadd", "useradd"):
        if (real := shutil.which(name)) is None:
            pytest.skip(f"no {name}: install it")
        (commands / name).write_text(f'#!/bin/sh\nexec {real} --prefix {tmp_path} "$@"\n')
        (commands / name).chmod(0o755)
    (build := tmp_path / "build").mkdir()
    for name in (
        ".dockerignore",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements.image.lock",
    ):
        shutil.copy(ROOT / name, build)
    shutil.copytree(ROOT / "src", build / "src", ignore=shutil.ignore_patterns("__pycache__"))
    environment = replay_environment(tmp_path, commands)

    for run in list_runs(instructions):
        moved = run.replace("/workspace", f"{tmp_path}/workspace")
        ended = subprocess.run(
            ["sh", "-ec", moved],
            cwd=build,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert ended.returncode == 0, f"{run}\n{ended.stderr}"

    installed = tmp_path / "opt/credit-default"
    answer = subprocess.run(
        [installed / "bin/credit-default", "--help"], cwd=tmp_path, capture_output=True, check=False
    )
    assert answer.returncode == 0
    assert not (installed / "bin/pip").exists()
    assert list((installed).glob("lib/python3*/site-packages/credit_default/__pycache__/*.pyc"))
    assert "credit-default:x:10001:10001" in (tmp_path / "etc/passwd").read_text()
    assert (tmp_path / "workspace").stat().st_uid == 10001


def replay_environment(folder, commands):
    """The machine's own environment, by which it reaches its packages, with the image's in place of what that sets."""
    cache = subprocess.run(
        [UV, "cache", "dir"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return {
        **os.environ,
        "HOME": str(folder),
        "PATH": f"{commands}:{UV.parent}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "UV_CACHE_DIR": cache,
        "UV_PYTHON_DOWNLOADS": "never",
        "VIRTUAL_ENV": str(folder / "opt/credit-default"),
    }
