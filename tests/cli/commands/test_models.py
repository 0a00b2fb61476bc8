import os
import pwd
import shutil

import polars as pl
import pytest
from tests.services.conftest import NOON

from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.flows.runs.context import connect
from credit_default.services.monitoring.alarms import update_lake_alarms

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def own_config(
    prefect_server, lake_with_champion, simulated_files, small_settings, tmp_path_factory
):
    """A lake of its own with two versions: the champion alias moves here."""
    from credit_default.flows.train import train

    lake = shutil.copytree(lake_with_champion, tmp_path_factory.mktemp("models") / "lake")
    overrides = {**small_settings, "lake": str(lake), "data": str(simulated_files.training)}
    train(
        overrides={**overrides, "recipe": {"tree_count": 5, "maximum_depth": 2}}, return_state=True
    )
    config = lake / "config.toml"
    config.write_text(f'lake = "{lake}"\n')
    return config


def test_show_lists_versions_with_alias_and_verdict(run, own_config):
    answer = run("models", "show", "--config", own_config)

    assert answer.exit_code == 0
    for word in (
        "champion",
        "challenger",
        "refused",
        "first model",
        "DeLong",
        "calibration",
        "slices",
        "power",
    ):
        assert word in answer.stdout.replace("\n", " ")


def test_shared_options_go_before_models_before_show_or_after_it(run, own_config):
    after = run("models", "show", "--config", own_config, "--json", "--log-level", "error")
    between = run("models", "--config", own_config, "show", "--json", "--log-level", "error")
    before = run("--config", own_config, "--json", "--log-level", "error", "models", "show")

    assert before.exit_code == 0
    assert before.json == between.json == after.json


def test_show_of_a_version_is_its_card(run, own_config):
    page = run("models", "show", 1, "--config", own_config)
    told = run("models", "show", 1, "--config", own_config, "--json")

    for title in (
        "TODAY",
        "AT A GLANCE",
        "PERFORMANCE",
        "FAIRNESS",
        "BASELINES",
        "ASSUMPTIONS AND LIMITS",
        "OVERSIGHT",
    ):
        assert title in page.stdout
    assert "SIMULATED" in page.stdout
    assert told.json["paths"]["model card"].endswith("card.html")
    assert run("models", "show", 99, "--config", own_config).exit_code == 2


def test_promotion_by_hand_and_rollback_move_the_champion_alias_and_say_so(run, own_config):
    promoted = run("models", "promote", 2, "--reason", "a test", "--config", own_config, "--json")
    rolled_back = run("models", "rollback", "--reason", "a test", "--config", own_config, "--json")

    assert promoted.json["status"] == "version 2 is the champion"
    assert rolled_back.json["status"] == "version 1 is the champion again"


def test_alarms_about_the_former_champion_are_closed_at_once(run, own_config):
    wiring = connect({}, [str(own_config)])
    row = {
        "batch_id": "a" * 16,
        "model_version": 1,
        "statement_month": "2005-11",
        "gate": "performance",
        "level": "alarm",
        "reasons": ["a drill"],
        "figures": "{}",
        "row_count": 300,
        "expected_loss": None,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(
        wiring.lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64})
    )
    update_lake_alarms(wiring, champion_version=1, at=NOON)

    promoted = run("models", "promote", 2, "--reason", "a drill", "--config", own_config, "--json")
    run("models", "rollback", "--reason", "a drill", "--config", own_config, "--json")

    over = "alarm closed: performance of version 1, open since month 2005-11: another version is champion"
    assert over in promoted.json["notes"]


def test_promoting_what_is_not_there_is_exit_2(run, own_config):
    answer = run("models", "promote", 99, "--reason", "a test", "--config", own_config)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "no version 99" in answer.stderr


def test_gates_verdict_stays_on_record_when_a_person_overrules_it(run, own_config):
    run("models", "promote", 2, "--reason", "the committee", "--config", own_config, "--json")

    tags = connect({}, [str(own_config)]).registry.find_version(2).tags

    run("models", "rollback", "--reason", "a test", "--config", own_config, "--json")
    assert tags["verdict_reasons"].startswith(
        "by a person's decision: the committee\nbefore that: "
    )
    assert "refused" in tags["verdict_reasons"]


@pytest.mark.parametrize("act", [("promote", 2), ("rollback",)])
def test_champion_alias_does_not_move_without_a_reason(run, own_config, act):
    answer = run("models", *act, "--reason", " ", "--config", own_config)

    assert answer.exit_code == 2
    assert "--reason" in answer.stderr


def test_second_person_approves_what_the_first_asked_for(run, own_config):
    two = ("--config", own_config, "--json")
    alone = run("models", "promote", 2, "--approve", "--by", "Grace", "--reason", "a test", *two)
    asked = run("models", "promote", 2, "--request", "--by", "Ada", "--reason", "a test", *two)
    same = run("models", "promote", 2, "--approve", "--by", "ADA", "--reason", "a test", *two)
    agreed = run("models", "promote", 2, "--approve", "--by", "Grace", "--reason", "a test", *two)
    run("models", "rollback", "--reason", "a test", *two)

    assert [answer.exit_code for answer in (alone, asked, same, agreed)] == [2, 0, 1, 0]
    assert asked.json["status"] == "approval requested"
    assert agreed.json["status"] == "version 2 is the champion"


def test_a_request_is_refused_by_command_and_shown_with_who_refused_and_why(run, own_config):
    two = ("--config", own_config, "--json")
    ask = ("models", "promote", 2, "--request", "--by", "Ada", "--reason", "a test", *two)
    run(*ask)
    refused = run("models", "promote", 2, "--refuse", "--by", "Grace", "--reason", "few rows", *two)
    late = run("models", "promote", 2, "--approve", "--by", "Edsger", "--reason", "a test", *two)

    assert (refused.exit_code, refused.json["status"]) == (0, "promotion refused")
    assert refused.json["notes"][0] == "refused by Grace: few rows"
    told = " ".join((late.stdout + late.stderr).split())
    assert (late.exit_code, "a request that Grace refused (few rows)" in told) == (2, True)


def test_requester_is_the_account_when_no_name_is_given(run, own_config):
    run("models", "promote", 2, "--request", "--reason", "a test", "--config", own_config, "--json")
    account = connect({}, [str(own_config)]).registry.find_version(2).tags["requested_by"]
    run("models", "promote", 2, "--request", "--reason", "a test", "--config", own_config, "--json")

    assert account == pwd.getpwuid(os.getuid()).pw_name


def test_request_and_approval_in_one_command_are_refused(run, own_config):
    answer = run(
        "models",
        "promote",
        2,
        "--request",
        "--approve",
        "--reason",
        "a test",
        "--config",
        own_config,
    )

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "one of the two" in answer.stderr


def test_one_person_alone_is_refused_where_two_are_required(run, own_config, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_PROMOTION__APPROVAL", "second-person")

    answer = run("models", "promote", 2, "--reason", "a test", "--config", own_config)

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "--request" in answer.stderr


@pytest.mark.nightly
def test_compare_needs_statements_that_both_scored_and_says_how_to_get_them(
    run, own_config, simulated_files
):
    nothing = run("models", "compare", 1, 2, "--config", own_config)
    with_batch = run("predict", simulated_files.batch, "--config", own_config)
    filled = run("models", "compare", 1, 2, "--fill", "--config", own_config)
    told = run("models", "compare", 1, 2, "--config", own_config, "--json")

    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert "credit-default models compare 1 2 --fill" in nothing.stderr
    assert with_batch.exit_code == 0
    assert filled.exit_code == told.exit_code == 0
    assert "declined by v1, accepted by v2" in filled.stdout
    assert max(map(len, filled.stdout.split("models compare")[0].splitlines())) <= 80
    assert told.json["counts"]["batches"] == 1
    assert "declined by v1, accepted by v2, share" in told.json["figures"]


@pytest.mark.parametrize(
    ("words", "found"), [((1, 1), "version 1 twice"), ((1, 99), "no version 99")]
)
def test_compare_of_no_two_versions_is_bad_usage(run, own_config, words, found):
    answer = run("models", "compare", *words, "--config", own_config)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert found in answer.stderr
