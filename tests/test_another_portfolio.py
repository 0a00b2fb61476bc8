"""A book of personal loans, declared by the file in docs/another-portfolio.md, goes the whole way with no code of its own."""

import datetime as dt
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.fakes.quick_training import QUICK, write_as_toml
from typer.testing import CliRunner

from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_scores
from credit_default.data.simulation.statement_rows import SIMULATED_PREFIX
from credit_default.errors import InputError
from credit_default.flows.monitor import monitor
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect
from credit_default.flows.train import train
from credit_default.model.features.learned_functions import FILLED_ARGUMENTS
from credit_default.model.features.row_functions import ROW_FUNCTIONS
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.explain_client import explain_client
from credit_default.services.training.known_rows import read_known_rows

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

pytestmark = pytest.mark.xdist_group("prefect")

PAGE = Path(__file__).resolve().parents[1] / "docs" / "another-portfolio.md"
TRAINING_COUNT, BATCH_COUNT = 1_500, 400
# 300 test rows cannot show an area above .7, nor the level of each purpose.
FLOORS = {"lowest_roc_auc": 0.55, "largest_first_level_error": 1.0}


@dataclass(frozen=True)
class Loans:
    """Files under the lender's own column names, and the settings that name the portfolio."""

    portfolio: Path
    training: Path  # with outcomes
    batch: Path  # without; its first row has no permitted purpose, its second an instalment above the loan
    drifted: Path  # everybody pays late
    outcomes: Path  # of `batch`
    overrides: dict[str, Any]


def cut_out_declaration() -> str:
    return PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```\n")[0]


def lend(
    count: int, *, month: str, first: int, late_share: float = 0.25, seed: int
) -> pl.DataFrame:
    """Loans with outcomes: delays that last, incomes that carry their instalments or do not, and chance."""
    random = np.random.default_rng(seed)
    amount = np.round(random.lognormal(9, 0.6, count).clip(500, 90_000), -1)
    income = np.round(random.lognormal(7.9, 0.4, count), -1)
    instalment = np.round(amount / random.choice([12, 24, 48], count) + 1, 2)
    struggles = random.random(count) < late_share
    days = [
        np.where(struggles, random.geometric(0.04, count), 0) * (random.random(count) < 0.8)
        for _ in range(3)
    ]
    purpose = random.choice([1, 2, 3, 4], count, p=[0.4, 0.2, 0.3, 0.1])
    burden = np.minimum(instalment / income, 2)
    log_odds = (
        -3.1
        + 0.05 * np.minimum(days[0], 50)
        + 1.6 * (days[1] > 0)
        + 2.5 * burden
        + 0.8 * (purpose == 3)
    )
    return pl.DataFrame(
        {
            "loan_no": [f"{SIMULATED_PREFIX}{number}" for number in range(first, first + count)],
            "month": month,
            "loan_amount": amount,
            "monthly_income": income,
            "instalment_amount": instalment,
            "age": random.integers(20, 75, count),
            "days_late_m1": days[0],
            "days_late_m2": days[1],
            "days_late_m3": days[2],
            "purpose": purpose,
            "bad": (random.random(count) < 1 / (1 + np.exp(-log_odds))).astype(int),
        }
    )


@pytest.fixture(scope="module")
def loans(tmp_path_factory, make_lake) -> Loans:
    folder = tmp_path_factory.mktemp("loans")
    (folder / "loans.toml").write_text(cut_out_declaration(), encoding="utf-8")
    lend(TRAINING_COUNT, month="2005-05", first=1, seed=4).write_csv(folder / "training.csv")
    batch = lend(BATCH_COUNT, month="2005-06", first=5_000, seed=2)
    place = pl.int_range(pl.len())
    broken = batch.with_columns(
        purpose=pl.when(place == 0).then(9).otherwise("purpose"),
        instalment_amount=pl.when(place == 1)
        .then(pl.col("loan_amount") + 1)
        .otherwise("instalment_amount"),
    )
    broken.drop("bad").write_csv(folder / "batch.csv")
    lend(BATCH_COUNT, month="2005-07", first=9_000, late_share=0.8, seed=3).drop("bad").write_csv(
        folder / "late.csv"
    )
    observed = batch.select(
        client_id="loan_no",
        statement_month="month",
        defaulted="bad",
        observed_at=pl.lit("2005-09-01T00:00:00Z"),
    )
    observed.write_csv(folder / "outcomes.csv")
    overrides = {
        "portfolio": str(folder / "loans.toml"),
        "lake": make_lake(folder / "lake"),
        "cache": str(folder / "cache"),
        "data": str(folder / "training.csv"),
        "jobs": 1,
        "report": "drift",
        "promotion": FLOORS,
        **QUICK,
    }
    paths = [
        folder / name
        for name in ("loans.toml", "training.csv", "batch.csv", "late.csv", "outcomes.csv")
    ]
    return Loans(*paths, overrides)


@pytest.fixture(scope="module")
def champion(prefect_server, loans):
    return train(overrides=loans.overrides, return_state=True)


@pytest.fixture(scope="module")
def scored(champion, loans):
    return predict(batch=str(loans.batch), overrides=loans.overrides, return_state=True).result()


def test_first_model_clears_the_floors_of_every_portfolio(champion):
    summary = champion.result()

    assert (champion.name, summary.status) == ("Promoted", "promoted")
    assert summary.counts["accepted"] == TRAINING_COUNT


def test_protected_attribute_is_declared_and_no_input_of_the_model(champion, loans):
    declared = tomllib.loads(cut_out_declaration())
    registry = connect(loans.overrides, []).registry

    bundle = registry.load_version(registry.find_champion())

    assert [
        column["name"] for column in declared["schema"]["columns"] if column.get("protected")
    ] == ["age"]
    assert "age" in [name for feature in declared["features"] for name in feature["columns"]]
    assert "age" not in bundle.input_names
    assert bundle.feature_names == (
        "purpose",
        "log_income",
        "burden",
        "worst_delay",
        "recent_delay",
        "delay_trend",
        "late_months",
        "log_instalments_left",
    )


def test_batch_is_scored_and_every_other_row_is_rejected_by_name(scored, loans):
    lake = connect(loans.overrides, []).lake

    rejected = read_quarantine(lake, batch_id=scored.batch_id).sort("line")

    assert scored.counts == {"read": BATCH_COUNT, "scored": BATCH_COUNT - 2, "quarantined": 2}
    assert read_scores(lake, batch_id=scored.batch_id).height == BATCH_COUNT - 2
    assert (
        read_scores(lake, batch_id=scored.batch_id)["expected_loss"].null_count() == BATCH_COUNT - 2
    )
    assert not any(
        name.startswith("expected loss") for name in scored.figures
    )  # no balance is declared
    assert rejected["client_id"].to_list() == ["SIM-5000", "SIM-5001"]
    assert rejected["rules"].to_list() == [["purpose|code"], ["instalment_within_loan"]]


def test_declined_loans_get_reasons_worded_by_their_columns(scored, loans):
    scores = read_scores(connect(loans.overrides, []).lake, batch_id=scored.batch_id)

    declined = scores.filter(decision="decline")
    told = set(declined["reasons"].explode())
    assert (declined["reasons"].list.len() > 0).all()
    assert (
        "Worst delay (Days late, latest month / A month earlier / 1 more): higher than for most accepted clients"
        in told
    )
    assert not any("In years" in reason or "Age" in reason for reason in told)


def test_a_declined_loan_is_explained(scored, loans):
    wiring = connect(loans.overrides, [])
    scores = (
        read_scores(wiring.lake, batch_id=scored.batch_id)
        .filter(decision="decline")
        .sort("default_probability")
    )

    explained = explain_client(wiring, scored.batch_id, scores["client_id"][0])

    assert explained.changes
    assert {name for change in explained.changes for name in change.changes} <= {
        "loan_amount",
        "monthly_income",
        "instalment_amount",
        "days_late_m1",
        "days_late_m2",
        "days_late_m3",
    }
    assert [line.name for line in explained.inputs if not line.used] == ["age"]


def test_undeclared_code_in_every_row_is_refused_by_name(champion, loans, tmp_path):
    pl.read_csv(loans.batch).with_columns(purpose=pl.lit(7)).write_csv(tmp_path / "recoded.csv")

    with pytest.raises(InputError, match=r"purpose.*7"):
        predict(
            batch=str(tmp_path / "recoded.csv"), overrides=loans.overrides, return_state=True
        ).result()


def test_batch_like_the_reference_stays_quiet_and_late_payers_ring(scored, loans):
    quiet = monitor(batch_id=scored.batch_id, overrides=loans.overrides, return_state=True)
    late = predict(batch=str(loans.drifted), overrides=loans.overrides, return_state=True).result()
    rang = monitor(batch_id=late.batch_id, overrides=loans.overrides, return_state=True)

    assert (quiet.name, quiet.result().verdicts[0].level) == ("Quiet", "ok")
    assert rang.name == "DriftFound"
    assert any("days_late_m1" in reason for reason in rang.result().verdicts[0].reasons)


def test_outcomes_make_the_batch_known_and_its_performance_is_judged(scored, loans):
    wiring = connect(loans.overrides, [])

    taken = ingest_outcomes_file(wiring, str(loans.outcomes), taken_in_at=NOON)
    judged = monitor(
        batch_id=scored.batch_id, overrides=loans.overrides, report="none", return_state=True
    ).result()

    assert taken.counts["new"] == BATCH_COUNT
    assert judged.counts == {"compared": BATCH_COUNT - 2, "outcomes": BATCH_COUNT - 2}
    assert [verdict.gate for verdict in judged.verdicts] == ["performance"]
    assert judged.verdicts[0].level in {"ok", "watch"}, judged.verdicts[0].reasons
    assert read_known_rows(wiring, now=NOON).rows.height == TRAINING_COUNT + BATCH_COUNT - 2


def test_champion_of_the_credit_card_portfolio_scores_no_loans(trained, loans):
    elsewhere = {**loans.overrides, "lake": trained["lake"]}

    state = predict(batch=str(loans.batch), overrides=elsewhere, return_state=True)

    with pytest.raises(
        InputError,
        match=r"found portfolio 'credit-card'; expected portfolio 'personal-loans'.*--lake",
    ):
        state.result()


def test_champion_of_the_credit_card_portfolio_gets_no_challenger_from_loans(trained, loans):
    registry = connect(trained, []).registry
    before = registry.list_versions()

    state = train(overrides={**loans.overrides, "lake": trained["lake"]}, return_state=True)

    with pytest.raises(InputError, match=r"champion, version \d+: found portfolio 'credit-card'"):
        state.result()
    assert registry.list_versions() == before


def test_loans_are_not_compared_under_the_credit_card_portfolio(scored, loans):
    credit_card = {name: value for name, value in loans.overrides.items() if name != "portfolio"}

    state = monitor(batch_id=scored.batch_id, overrides=credit_card, return_state=True)

    with pytest.raises(InputError, match=r"found portfolio 'personal-loans'.*--portfolio"):
        state.result()


@pytest.mark.parametrize("data", ["public", "simulated"])
def test_loans_are_not_learned_from_credit_card_clients(prefect_server, loans, data):
    state = train(overrides={**loans.overrides, "data": data}, return_state=True)

    with pytest.raises(
        InputError, match=rf"data {data}: found clients of portfolio 'credit-card'.*--data"
    ):
        state.result()


@pytest.mark.nightly
def test_command_line_takes_the_portfolio_the_same_way(
    prefect_server, loans, make_lake, tmp_path, monkeypatch
):
    from credit_default.cli.main import app

    monkeypatch.setenv("CREDIT_DEFAULT_PREFECT__API_URL", prefect_server)
    config = tmp_path / "quick.toml"
    floors = "\n".join(f"{name} = {value}" for name, value in FLOORS.items())
    config.write_text(
        f'report = "drift"\njobs = 1\n[promotion]\n{floors}\n{write_as_toml()}', encoding="utf-8"
    )
    portfolio, common = (
        ["--portfolio", loans.portfolio],
        ["--lake", make_lake(tmp_path / "lake"), "--config", config, "--json"],
    )

    def run(*arguments: object) -> dict[str, Any]:
        answer = CliRunner().invoke(app, [str(argument) for argument in (*arguments, *common)])
        return json.loads(answer.stdout)

    kept = run("ingest", loans.training, *portfolio)
    trained = run("train", "--data", loans.training, *portfolio)
    scored = run("predict", loans.batch, *portfolio)
    taken = run("outcomes", loans.outcomes)
    monitored = run("monitor", scored["batch_id"], *portfolio)

    assert [answer["exit_code"] for answer in (kept, trained, scored, taken, monitored)] == [0] * 5
    assert kept["counts"]["accepted"] == TRAINING_COUNT
    assert (trained["status"], scored["counts"]["scored"]) == ("promoted", BATCH_COUNT - 2)
    gates = {verdict["gate"] for verdict in monitored["verdicts"]}
    assert gates == {"drift", "feed", "volume", "estimate", "fairness", "performance"}


def test_page_explains_every_word_that_a_feature_may_use():
    page = PAGE.read_text(encoding="utf-8")

    table = page[page.index("| function | gives | arguments |") :].split("\n\n")[0]
    rows = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("| `")]

    told = {name.strip(" `"): (meaning.strip(), arguments) for name, meaning, arguments in rows}
    assert {name: meaning for name, (meaning, _) in told.items()} == {
        n: f.meaning for n, f in ROW_FUNCTIONS.items()
    }
    assert all(
        f"`{argument}`" in told[name][1]
        for name, word in ROW_FUNCTIONS.items()
        for argument in set(word.arguments) - FILLED_ARGUMENTS
    )


def test_ingest_keeps_loans_under_their_own_schema(loans, tmp_path):
    wiring = connect({**loans.overrides, "lake": str(tmp_path / "lake")}, [])

    ingest_file(wiring, str(loans.training), month=None, corrects=None, kept_at=NOON)

    assert [
        snapshot.origin.schema_name for snapshot in read_known_rows(wiring, now=NOON).snapshots
    ] == ["personal-loans"]
