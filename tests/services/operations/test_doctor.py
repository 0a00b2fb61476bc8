import shutil

import pytest

from credit_default.services.operations.doctor import diagnose


@pytest.fixture
def empty(make_wiring, tmp_path, mlflow_template):
    """Wirings of a lake with nothing in it but MLflow's database."""

    def make(**settings):
        wiring = make_wiring(**settings)
        shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
        return wiring

    return make


def read(summary):
    return {verdict.gate: (verdict.level, verdict.reasons[0]) for verdict in summary.verdicts}


def test_fresh_lake_is_well_and_says_what_is_still_to_come(empty):
    summary = diagnose(empty(), environment={})

    reported = read(summary)
    assert (summary.exit_code, summary.status) == (0, "all well")
    assert {level for level, _ in reported.values()} == {"ok"}
    assert "scores 0 rows" in reported["lake"][1]
    assert "none yet" in reported["champion"][1]
    assert "scikit-learn 1.9" in reported["libraries"][1]


def test_champion_is_verified(champion_lake):
    reported = read(diagnose(champion_lake.wiring, environment={}))

    assert reported["champion"] == (
        "ok",
        f"version 1, digest {champion_lake.champion.bundle.digest[:12]}, verified",
    )


def test_checking_leaves_nothing_behind(empty):
    wiring = empty()
    before = sorted(wiring.lake.home.rglob("*"))

    diagnose(wiring, environment={})

    assert sorted(wiring.lake.home.rglob("*")) == before


def test_proxies_and_inherited_variables_are_listed_without_secrets(empty):
    shell = {
        "HTTPS_PROXY": "http://me:secret-word@proxy:3128",
        "ALL_PROXY": "socks5://proxy:1080",
        "PREFECT_PROFILE": "mine",
        "MLFLOW_TRACKING_TOKEN": "secret-word",
    }

    summary = diagnose(empty(), environment=shell)

    listed = {verdict.gate: verdict for verdict in summary.verdicts}
    proxies, inherited = listed["proxies"], listed["environment"]
    assert (summary.exit_code, proxies.level, inherited.level) == (0, "watch", "ok")
    assert proxies.reasons[0].startswith("ALL_PROXY=socks5://proxy:1080 for http://")
    assert "SOCKS is not supported" in proxies.reasons[0]
    assert proxies.reasons[1].startswith("HTTPS_PROXY=http://***@proxy:3128 for https://")
    assert "PREFECT_PROFILE=mine: set aside: not in force" in inherited.reasons
    assert "secret-word" not in str(listed)


def test_server_that_does_not_answer_is_named_with_what_to_do(empty):
    summary = diagnose(empty(prefect={"api_url": "http://127.0.0.1:9/api"}), environment={})

    level, reason = read(summary)["prefect"]
    assert (summary.exit_code, summary.status, level) == (
        3,
        "prefect, deployments cannot be reached",
        "alarm",
    )
    assert "unset PREFECT_API_URL" in reason


def test_lake_that_cannot_be_written_is_named_and_the_other_parts_are_still_asked(
    make_wiring, tmp_path, mlflow_template, kernel
):
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    wiring = make_wiring(mlflow={"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db"})
    shutil.rmtree(wiring.lake.home)
    wiring.lake.home.write_text("no folder any more")

    summary = diagnose(wiring, environment={})

    reported = read(summary)
    assert summary.exit_code == 3
    assert {name: level for name, (level, _) in reported.items()} == {
        "lake": "alarm",
        "mlflow": "ok",
        "prefect": "ok",
        "deployments": "ok",
        "evidently": "ok",
        "queue": "ok",
        "champion": "ok",
        "libraries": "ok",
        "kernel": "ok",
        "proxies": "ok",
        "environment": "ok",
    }


def test_an_installation_without_compiled_code_says_so_and_what_to_run(
    empty, monkeypatch, tmp_path
):
    monkeypatch.setattr("sys.pycache_prefix", str(tmp_path))

    level, reason = read(diagnose(empty(), environment={}))["kernel"]

    assert level == "watch"
    assert "run `python -m credit_default.adapters.kernel.compilation`" in reason
