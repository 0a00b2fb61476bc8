import shutil

import polars as pl
import pytest

from credit_default.adapters.tables.queries import read_scores
from credit_default.flows.runs.context import connect

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def own_config(lake_with_champion, tmp_path_factory):
    """A lake of its own with a champion: what people decide is on record here."""
    lake = shutil.copytree(lake_with_champion, tmp_path_factory.mktemp("decisions") / "lake")
    config = lake / "config.toml"
    config.write_text(f'lake = "{lake}"\n')
    return config


@pytest.fixture(scope="module")
def declined(own_config, prefect_server, simulated_files, small_settings):
    """The id of a scored batch and of one of its declined clients."""
    from credit_default.flows.predict import predict

    lake = str(own_config.parent)
    overrides = {**small_settings, "lake": lake}
    state = predict(str(simulated_files.batch), overrides=overrides, return_state=True)
    batch = state.result().batch_id
    scores = read_scores(connect(overrides, ()).lake, batch_id=batch)
    client = scores.filter(pl.col("decision") == "decline").sort("client_id")["client_id"][0]
    return batch, client


def test_an_override_is_made_and_shown(run, own_config, declined):
    options = ("--config", own_config)
    wanted = ("--to", "accept", "--reason", "income was proved", "--by", "Ada")
    made = run("decisions", "override", *declined, *wanted, *options)
    shown = run("decisions", "show", *options)
    told = run("decisions", "show", declined[0], *options, "--json")

    assert (made.exit_code, shown.exit_code, told.exit_code) == (0, 0, 0)
    assert "decided accept by Ada" in " ".join(made.stdout.split())
    assert "not known yet" in shown.stdout
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())
    assert told.json["counts"] == {"overridden": 1, "outcomes known": 0, "defaulted": 0}
    assert "scored decline were decided accept" in told.json["notes"][0]


def test_a_wrong_decision_is_said_in_one_line(run, own_config, declined):
    answer = run(
        "decisions", "override", *declined, "--to", "later", "--reason", "x", "--config", own_config
    )

    assert answer.exit_code == 2
    assert "accept or decline" in answer.stderr


def test_findings_review_and_inventory_of_a_version(run, own_config):
    options = ("--config", own_config)
    because = ("--reason", "validated", "--by", "Ada")
    opinion = ("--opinion", "fit for use", "--next-review", "2999-01-01")
    found = run(
        *("models", "findings", "open", 1, "--title", "too low in band C", "--owner", "Risk"),
        *("--due", "2020-01-31", "--severity", "high", *options, "--json"),
    )
    number = found.json["notes"][0].split()[1].rstrip(":")
    reviewed = run("models", "review", 1, *opinion, *because, *options)
    listed = run("models", "findings", "show", *options)
    today = run("models", "inventory", *options)
    card = run("models", "show", 1, *options)
    closed = run("models", "findings", "close", number, *because, *options, "--json")
    after = run("models", "inventory", *options, "--json")
    before = run("models", "inventory", "--as-of", "2020-01-01", *options, "--json")

    answers = (found, reviewed, listed, today, card, closed, after, before)
    assert {answer.exit_code for answer in answers} == {0}
    assert "too low in band C" in listed.stdout
    assert "1 high" in today.stdout
    assert number in today.stdout  # overdue
    for page in (listed, today):
        assert all(len(line) <= 80 for line in page.stdout.splitlines())
    assert "fit for use" in " ".join(card.stdout.split())
    assert after.json["counts"] == {"versions": 1, "open findings": 0, "overdue": 0}
    assert before.json["counts"]["versions"] == 0
