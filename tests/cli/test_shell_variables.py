"""Commands in a shell that holds proxies and other systems' variables, each as a process of its own."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

FAKE = Path(__file__).parents[1] / "fakes" / "recording_proxy.py"
open_recording_proxy = runpy.run_path(str(FAKE))["open_recording_proxy"]
COMMAND = (sys.executable, "-m", "credit_default.cli.main")
DEAD, SOCKS = "http://127.0.0.1:9", "socks5://me:secret-word@127.0.0.1:9"
OUTSIDE = "example.invalid"
REMOVED = ("CREDIT_DEFAULT_", "MLFLOW_", "PREFECT_", "AWS_")


@pytest.fixture
def planted(tmp_path):
    """A working folder and variables that point elsewhere; gives the variables, all of which a command must not follow."""
    elsewhere = tmp_path / "elsewhere"
    database = f"sqlite+aiosqlite:///{elsewhere}/prefect.db"
    (tmp_path / "prefect.toml").write_text(f'[server.database]\nconnection_url = "{database}"\n')
    (tmp_path / ".env").write_text(f"PREFECT_SERVER_DATABASE_CONNECTION_URL={database}\n")
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('taken from the working folder')")
    elsewhere.mkdir()
    return {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_PROFILE": "nowhere",
        "PREFECT_API_KEY": "key-1",
        "PREFECT_SERVER_API_AUTH_STRING": "somebody:else",
        "MLFLOW_REGISTRY_URI": f"sqlite:///{elsewhere}/registry.db",
        "MLFLOW_RUN_ID": "0123456789abcdef0123456789abcdef",
        "MLFLOW_EXPERIMENT_NAME": "elsewhere",
        "MLFLOW_TRACKING_TOKEN": "token-1",
        "AWS_PROFILE": "nowhere",
        "PYTHONWARNINGS": "error",
        "PYTHONHASHSEED": "1",
    }


@pytest.fixture
def call(trained, tmp_path):
    """Run a command on the trained lake in this shell, in a working folder of its own."""
    quality = "".join(f"{name} = {value}\n" for name, value in trained["quality"].items())
    small = f'cache = "{trained["cache"]}"\njobs = 1\nreport = "drift"\n'
    recipe = (
        "[recipe]\ntree_count = 10\nmaximum_depth = 6\nleaf_row_count = 40\ncolumn_share = 0.2\n"
    )
    (tmp_path / "c.toml").write_text(f"{small}{recipe}[quality]\n{quality}")

    def run_command(*arguments, lake=trained["lake"], **shell):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(REMOVED) and not name.upper().endswith("_PROXY")
        }
        flags = ("--lake", lake, "--config", "c.toml", "--json")
        return subprocess.run(
            [*COMMAND, *map(str, arguments), *map(str, flags)],
            env={
                **kept,
                "PYTHONSAFEPATH": "1",
                "CREDIT_DEFAULT_PREFECT__STARTUP_SECONDS": "90",
                **shell,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run_command


@pytest.fixture
def batch(simulated_files, tmp_path):
    def write(start, kind="batch"):
        rows = pl.read_csv(getattr(simulated_files, kind), infer_schema=False)
        path = tmp_path / f"{kind}-{start}.csv"
        rows.slice(start, 100).write_csv(path)
        return path

    return write


def read_summary(ended):
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    assert "secret-word" not in ended.stdout + ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.xdist_group("prefect")
def test_batch_is_scored_on_this_machine_alone_whatever_the_shell_holds(
    call, planted, batch, tmp_path
):
    with open_recording_proxy(503) as proxy:
        scored = call("predict", batch(300), ALL_PROXY=SOCKS, http_proxy=proxy.address, **planted)

    assert read_summary(scored)["counts"]["scored"] == 100
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert proxy.lines == []


@pytest.mark.xdist_group("prefect")
def test_doctor_lists_what_the_shell_holds_and_asks_named_servers_through_the_proxy(call, planted):
    with open_recording_proxy(503) as proxy:
        ended = call(
            "doctor",
            HTTP_PROXY=proxy.address,
            https_proxy=SOCKS,
            PREFECT_API_URL=f"http://prefect.{OUTSIDE}/api",
            **planted,
        )

    verdicts = {one["gate"]: one for one in json.loads(ended.stdout)["verdicts"]}
    listed = "; ".join(verdicts["environment"]["reasons"])
    assert ended.returncode == 3
    assert "status 503" in verdicts["prefect"]["reasons"][0]
    assert set(planted) - {"PYTHONWARNINGS", "PYTHONHASHSEED"} <= {
        reason.partition("=")[0] for reason in verdicts["environment"]["reasons"]
    }
    assert not [word for word in ("secret-word", "key-1", "token-1") if word in ended.stdout]
    assert "PREFECT_API_KEY=***: the named server" in listed
    assert f"Prefect (http://prefect.{OUTSIDE}/api): through HTTP_PROXY" in "; ".join(
        verdicts["proxies"]["reasons"]
    )
    assert {line.split("/")[2] for line in proxy.lines} == {f"prefect.{OUTSIDE}"}


@pytest.mark.parametrize("command", ["predict", "train", "doctor", "monitor"])
def test_server_behind_a_socks_proxy_is_one_line_that_names_the_variable(
    run, monkeypatch, tmp_path, simulated_files, command
):
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)  # that of a scheme would go before it
    monkeypatch.setenv("ALL_PROXY", SOCKS)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://mlflow.{OUTSIDE}:5000")
    argument = {"predict": [simulated_files.batch], "monitor": ["0123456789abcdef"]}.get(
        command, []
    )

    ended = run(command, *argument, "--lake", tmp_path / "lake")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "environment variable ALL_PROXY: found socks5://***@127.0.0.1:9" in ended.stderr
    assert f"add mlflow.{OUTSIDE} to NO_PROXY" in ended.stderr
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("command", ["predict", "train", "doctor", "settings", "models"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [("MLFLOW_TRACKING_URI", "./mlruns"), ("PREFECT_API_URL", "http://127.0.0.1:4200")],
)
def test_address_that_cannot_be_is_exit_2_and_named_before_any_work(
    run, monkeypatch, tmp_path, command, variable, value
):
    monkeypatch.setenv(variable, value)
    arguments = {"predict": [tmp_path / "x.csv"], "models": ["show"]}.get(command, [])

    ended = run(command, *arguments, "--lake", tmp_path / "lake")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"(environment variable {variable}): found '{value}'" in ended.stderr
    assert not (tmp_path / "lake").exists()


PROXIES = {
    "dead": {"http_proxy": DEAD, "https_proxy": DEAD},
    "dead, in capitals": {"HTTP_PROXY": DEAD, "HTTPS_PROXY": DEAD},
    "without a scheme": {"HTTP_PROXY": "127.0.0.1:9"},
    "all": {"all_proxy": DEAD},
    "socks": {"ALL_PROXY": SOCKS},
    "socks by scheme": {"http_proxy": SOCKS, "HTTPS_PROXY": "socks5h://127.0.0.1:9"},
    "exceptions that name something else": {"ALL_PROXY": DEAD, "NO_PROXY": "example.org"},
    "exceptions, empty": {"HTTP_PROXY": DEAD, "no_proxy": ""},
}


@pytest.mark.nightly
@pytest.mark.xdist_group("prefect")
@pytest.mark.parametrize("form", PROXIES)
def test_every_command_works_on_this_machine_alone_whatever_proxy_is_named(
    form, call, planted, batch, simulated_files, tmp_path
):
    start, lake = 400 + 50 * list(PROXIES).index(form), tmp_path / "own"
    shell = {**planted, **PROXIES[form]}

    trained = call("train", "--data", simulated_files.training, lake=lake, **shell)
    scored = read_summary(call("predict", batch(start), lake=lake, **shell))
    batch_id = scored["batch_id"]
    known = call("outcomes", batch(start, "outcomes"), lake=lake, **shell)
    ended = [
        call("monitor", batch_id, lake=lake, **shell),
        call("reconcile", lake=lake, **shell),
        call("doctor", lake=lake, **shell),
        call("models", "show", lake=lake, **shell),
    ]

    assert read_summary(trained)["status"] == "promoted"
    assert read_summary(known)
    assert {one.returncode for one in ended} <= {0, 1}, [one.stderr for one in ended]
    assert "Traceback" not in "".join(one.stderr for one in ended)
    assert list((tmp_path / "elsewhere").iterdir()) == []
