import json
import subprocess
import sys

import pytest

from credit_default.environment import (
    list_inherited,
    list_set_aside,
    select_server_variables,
)
from credit_default.named_services import NamedServices

NEEDED = {
    "PATH": "/bin",
    "HOME": "/root",
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "C",
    "TZ": "Asia/Kathmandu",
    "TMPDIR": "/scratch",
}
PLANTED = {
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////elsewhere.db",
    "PREFECT_PROFILE": "nowhere",
    "PREFECT_API_URL": "http://elsewhere/api",
    "PREFECT_API_KEY": "key-1",
    "PREFECT__SERVER_FINAL": "0",
    "MLFLOW_REGISTRY_URI": "databricks",
    "MLFLOW_RUN_ID": "abc",
    "MLFLOW_TRACKING_TOKEN": "token-1",
    "AWS_PROFILE": "somebody",
    "AWS_SECRET_ACCESS_KEY": "secret-1",
    "SSL_CERT_FILE": "/nowhere.pem",
    "PYTHONHOME": "/nowhere",
    "PYTHONSTARTUP": "/nowhere.py",
    "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2",
    "http_proxy": "http://proxy:3128",
    "LD_PRELOAD": "/nowhere.so",
}
CREDENTIALS = [
    *("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_CLIENT_CUSTOM_HEADERS"),
    *("PREFECT_API_SSL_CERT_FILE", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY"),
    *("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
    *("MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_SERVER_CERT_PATH"),
]
DIVERTING = [
    *("PREFECT_PROFILE", "PREFECT_PROFILES_PATH", "PREFECT_SERVER_DATABASE_CONNECTION_URL"),
    *("MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"),
]
NAMED = NamedServices(mlflow="http://mlflow:5000", prefect="http://prefect:4200/api")


def set_aside(names, services):
    given = dict.fromkeys(names, "x")
    return set().union(
        *(list_set_aside(given, services, library=one) for one in ("MLFLOW", "PREFECT"))
    )


def test_server_gets_what_it_needs_and_nothing_that_the_shell_holds_for_others():
    got = select_server_variables({**NEEDED, **PLANTED})

    assert got.items() >= NEEDED.items()
    assert not set(got) & set(PLANTED)


def test_server_gets_what_is_asked_for_besides():
    got = select_server_variables({**PLANTED, "PGPASSWORD": "x"}, also=("AWS_", "PG", "http_proxy"))

    assert {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "http_proxy"} <= set(got)
    assert not {name for name in got if name.startswith(("PREFECT_", "MLFLOW_", "SSL_"))}


def test_server_finds_the_packages_of_this_process_and_none_of_the_working_folder(tmp_path):
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('taken from the working folder')")
    show = (
        "import sys, uvicorn, credit_default as c; print(c.__file__, uvicorn.__file__, sep=chr(10))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", show],
        env=select_server_variables({"PATH": "/bin"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    import uvicorn

    import credit_default

    assert ended.stdout.splitlines() == [credit_default.__file__, uvicorn.__file__], ended.stderr


def test_all_of_mlflow_and_prefect_is_set_aside_where_no_server_is_named():
    assert set_aside(CREDENTIALS + DIVERTING, NamedServices()) == {*CREDENTIALS, *DIVERTING}
    assert set_aside(CREDENTIALS + DIVERTING, NamedServices(mlflow="sqlite:///x.db")) == {
        *(name for name in CREDENTIALS if name.startswith("PREFECT_")),
        *DIVERTING,
    }


def test_credentials_of_a_named_server_stay_and_what_diverts_its_runs_does_not():
    assert set_aside(CREDENTIALS + DIVERTING, NAMED) == set(DIVERTING)


def test_what_is_inherited_is_listed_with_its_effect_and_without_secrets():
    given = {
        **PLANTED,
        "HTTPS_PROXY": "me:secret-word@proxy:3128",
        "ALL_PROXY": "socks5://me:secret-word@proxy:1080",
        "PREFECT_CLIENT_CUSTOM_HEADERS": '{"X": "secret-word"}',
        "MLFLOW_TRACKING_URI": "http://a setting/",
        "EDITOR": "vi",
    }

    listed = {one.name: one for one in list_inherited(given, NamedServices())}

    assert "secret-word" not in json.dumps([one.value for one in listed.values()])
    assert "key-1" not in str(listed)
    assert listed["HTTPS_PROXY"].value == "***@proxy:3128"
    assert listed["ALL_PROXY"].effect.startswith("not supported")
    assert listed["AWS_SECRET_ACCESS_KEY"].value == "***"
    assert listed["AWS_PROFILE"].value == "somebody"
    assert listed["SSL_CERT_FILE"].value == "/nowhere.pem"
    assert "set aside" in listed["PREFECT_PROFILE"].effect
    assert not {"EDITOR", "MLFLOW_TRACKING_URI", "PREFECT_API_URL"} & set(listed)


@pytest.mark.parametrize(
    ("services", "effect"),
    [(NamedServices(), "set aside: not in force"), (NAMED, "the named server")],
)
def test_key_is_said_to_be_in_force_only_where_its_server_is_named(services, effect):
    (listed,) = list_inherited({"PREFECT_API_KEY": "x"}, services)

    assert listed.effect == effect
