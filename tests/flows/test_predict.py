import datetime as dt
import shutil

import polars as pl
import pytest

from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_scores
from credit_default.adapters.tables.shadow_scores import read_shadow_scores
from credit_default.errors import InputError, RefusedError
from credit_default.failpoints import armed_failpoint
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect
from credit_default.gates.ledger.batch_events import ShadowScored
from credit_default.gates.ledger.event_format import select_events
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.register_and_promote import register_challenger
from credit_default.services.training.training_rows import read_training_rows, split_rows

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

pytestmark = pytest.mark.xdist_group("prefect")


def run(batch, overrides, **options):
    return predict(batch=str(batch), overrides=overrides, return_state=True, **options)


def write_variant(source, path, *, start, count=300, **columns):
    rows = pl.read_csv(source, infer_schema=False).slice(start, count)
    rows.with_columns(**{name: pl.lit(value) for name, value in columns.items()}).write_csv(path)
    return path


def test_batch_is_scored_once(trained, simulated_files, tmp_path):
    batch = write_variant(simulated_files.batch, tmp_path / "once.csv", start=0)

    first, second = run(batch, trained), run(batch, trained)

    assert (first.name, second.name) == ("Scored", "AlreadyScored")
    assert second.result().status == "already scored, nothing done"
    assert second.result().run_id is None
    scores = read_scores(connect(trained, []).lake, batch_id=first.result().batch_id)
    assert scores.height == 300


def test_scores_have_one_row_a_client_with_the_promised_columns(trained, simulated_files, tmp_path):
    batch = write_variant(simulated_files.batch, tmp_path / "columns.csv", start=300)

    summary = run(batch, trained).result()

    scores = read_scores(connect(trained, []).lake, batch_id=summary.batch_id)
    assert scores.columns == [
        "client_id",
        "statement_month",
        "default_probability",
        "decision",
        "risk_band",
        "expected_loss",
        "reasons",
        "model_version",
        "batch_id",
        "scored_at",
    ]
    assert scores["client_id"].n_unique() == 300
    assert scores["default_probability"].is_between(0, 1).all()
    assert set(scores["decision"]) <= {"accept", "decline"}


def test_rejected_rows_are_in_quarantine_with_their_rules_and_rows_balance(
    trained, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).slice(600, 300)
    broken = rows.with_columns(
        age=pl.when(pl.int_range(pl.len()) < 4).then(pl.lit("abc")).otherwise("age"),
        sex=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("7")).otherwise("sex"),
    )
    broken.write_csv(tmp_path / "broken.csv")

    summary = run(tmp_path / "broken.csv", trained).result()

    rejected = read_quarantine(connect(trained, []).lake, batch_id=summary.batch_id)
    assert summary.counts == {"read": 300, "scored": 296, "quarantined": 4}
    assert rejected["rules"].to_list() == [["age|type"]] * 3 + [["sex|code", "age|type"]]
    assert rejected["line"].to_list() == [2, 3, 4, 5]
    assert any("age|type (4)" in note for note in summary.notes)


def test_too_many_rejected_rows_fail_the_run_and_nothing_is_kept(
    trained, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).slice(0, 200)
    bad = rows.with_columns(
        age=pl.when(pl.int_range(pl.len()) < 60).then(pl.lit("-1")).otherwise("age")
    )
    bad.write_csv(tmp_path / "bad.csv")
    aside = {"prefect", "ledger"}  # where the refusal itself goes on record
    before = sorted(
        p for p in connect(trained, []).lake.home.rglob("*") if not aside & set(p.parts)
    )

    state = run(tmp_path / "bad.csv", trained)

    assert state.is_failed()
    with pytest.raises(RefusedError, match=r"60 of 200 rows rejected.*age\|min"):
        state.result()
    assert (
        sorted(p for p in connect(trained, []).lake.home.rglob("*") if not aside & set(p.parts))
        == before
    )


def test_rows_that_the_champion_learned_from_get_a_warning(trained, simulated_files, tmp_path):
    batch = write_variant(simulated_files.training, tmp_path / "known.csv", start=0, count=250)

    summary = run(batch, trained).result()

    assert any("was trained on" in note for note in summary.notes)
    assert any("outcome column" in note for note in summary.notes)


def test_real_clients_are_not_scored_by_a_simulated_champion(trained, simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).head(250)
    rows.with_columns(pl.col("client_id").str.replace("SIM-", "")).write_csv(tmp_path / "real.csv")

    with pytest.raises(InputError, match="real clients"):
        run(tmp_path / "real.csv", trained).result()


def test_no_champion_stops_the_flow(prefect_server, small_settings, simulated_files, tmp_path):
    state = run(simulated_files.batch, {**small_settings, "lake": str(tmp_path / "empty")})

    assert state.is_failed()
    with pytest.raises(InputError, match="Train one"):
        state.result()


def test_rows_refused_for_their_outcome_alone_are_scored_all_the_same(
    trained, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.training, infer_schema=False).slice(500, 250)
    wrong = pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("3")).otherwise("defaulted")
    rows.with_columns(defaulted=wrong).write_csv(tmp_path / "wrong.csv")
    kept = ingest_file(
        connect(trained, []), str(tmp_path / "wrong.csv"), month=None, corrects=None, kept_at=NOON
    )

    summary = run(tmp_path / "wrong.csv", trained).result()

    assert kept.counts == {"read": 250, "accepted": 245, "quarantined": 5}
    assert summary.counts == {"read": 250, "scored": 250, "quarantined": 0}
    assert summary.batch_id != kept.batch_id


def test_file_that_was_scored_can_be_learned_from(trained, simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.training, infer_schema=False).slice(750, 250)
    rows.write_csv(tmp_path / "both.csv")
    run(tmp_path / "both.csv", trained).result()

    learned = read_training_rows(
        connect({**trained, "data": str(tmp_path / "both.csv")}, []), month=None, read_at=NOON
    )

    assert learned.rows.height == 250
    assert learned.rows["defaulted"].null_count() == 0


@pytest.fixture
def challenged(untouched, tmp_path):
    """Overrides of a copy of the lake that has a challenger beside the champion."""
    shutil.copytree(untouched["lake"], tmp_path / "lake")
    smaller = {**untouched["recipe"], "tree_count": 5}
    overrides = {**untouched, "lake": str(tmp_path / "lake"), "recipe": smaller}
    wiring = connect(overrides, [])
    rows = read_training_rows(wiring, month=None, read_at=NOON)
    challenger = fit_challenger(wiring, rows, split_rows(wiring, rows))
    register_challenger(wiring, rows, challenger, None, trained_at=NOON)
    return overrides


def write_new_clients(source, path):
    """300 clients whom no other test scores."""
    rows = pl.read_csv(source, infer_schema=False).head(300)
    rows.with_columns(client_id=pl.col("client_id") + f"-{path.stem}").write_csv(path)
    return path


def test_a_challenger_scores_the_batch_in_the_shadow_once(challenged, simulated_files, tmp_path):
    batch = write_new_clients(simulated_files.batch, tmp_path / "shadow.csv")

    first, second = run(batch, challenged), run(batch, challenged)

    summary = first.result()
    shadow = read_shadow_scores(connect(challenged, []).lake, batch_id=summary.batch_id)
    assert (first.name, second.name, shadow.height) == ("Scored", "AlreadyScored", 300)
    assert any("scored in the shadow" in note for note in summary.notes)
    assert shadow["model_version"].unique().to_list() == [summary.model_version + 1]


def test_an_unexpected_error_in_the_shadow_fails_nothing_and_is_made_good_by_the_next_run(
    challenged, simulated_files, tmp_path
):
    batch = write_new_clients(simulated_files.batch, tmp_path / "broken-shadow.csv")

    def fail():
        raise ValueError("nobody expected this")

    with armed_failpoint("shadow.scored", fail):
        state = run(batch, challenged)
    again = run(batch, challenged)

    summary = state.result()
    assert (state.name, again.name) == ("Scored", "AlreadyScored")
    verdict = summary.find_verdict("shadow")
    assert verdict.level == "watch"
    assert verdict.reasons[0].startswith("not scored in the shadow: an unexpected error")
    lake = connect(challenged, []).lake
    assert read_scores(lake, batch_id=summary.batch_id).height == 300
    assert len(list(select_events(read_entries(lake), ShadowScored))) == 1
