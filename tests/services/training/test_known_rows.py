import datetime as dt

import numpy as np
import polars as pl
import pytest

from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.adapters.tables.queries import merge_outcomes, write_scores
from credit_default.errors import InputError
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.ingest import ingest_file, write_file_snapshot
from credit_default.services.training.known_rows import read_known_rows, read_rows_again

NOON = dt.datetime(2006, 2, 1, 12, tzinfo=dt.UTC)

KEY = ["client_id", "statement_month"]


def write(rows, path):
    rows.write_csv(path)
    return str(path)


@pytest.fixture
def some_rows(month_rows):
    return month_rows.head(300)


def observe(lake, rows, *, at="2005-12-01", **columns):
    outcomes = rows.select(*KEY, "defaulted").with_columns(
        observed_at=pl.lit(at).str.to_datetime(time_unit="us", time_zone="UTC"), **columns
    )
    return merge_outcomes(lake, outcomes)


@pytest.fixture
def ingest(wiring, tmp_path):
    def ingest(rows, name):
        return ingest_file(
            wiring, write(rows, tmp_path / name), month=None, corrects=None, kept_at=NOON
        )

    return ingest


def ring(lake, batch_id):
    row = {
        "batch_id": batch_id,
        "model_version": 1,
        "statement_month": "2005-10",
        "gate": "feed",
        "level": "alarm",
        "reasons": [],
        "figures": "{}",
        "row_count": 10,
        "expected_loss": None,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def test_rows_that_a_refresh_learned_from_are_read_again_as_they_were(wiring, ingest, known_rows):
    labelled, batch, _ = (month.head(300) for month in known_rows.partition_by("statement_month"))
    ingest(labelled, "labelled.csv")
    ingest(batch.drop("defaulted"), "batch.csv")
    observe(wiring.lake, batch)
    known = read_known_rows(wiring, now=NOON)

    again = read_rows_again(
        wiring, known.snapshots, months=("2005-09", "2005-10"), from_file=known.from_file
    )
    first = read_rows_again(wiring, known.snapshots, months=("2005-09",), from_file=False)

    assert not known.from_file
    assert again.rows.equals(known.rows)
    assert (again.snapshots, again.data_origin) == (known.snapshots, known.data_origin)
    assert first.rows["statement_month"].unique().to_list() == ["2005-09"]


def test_what_is_known_are_labelled_files_and_batches_whose_outcomes_arrived(
    wiring, ingest, known_rows
):
    months = known_rows.partition_by("statement_month")
    labelled, batch, unknown = (month.head(300) for month in months)
    ingest(labelled, "labelled.csv")
    ingest(batch.drop("defaulted"), "batch.csv")
    ingest(unknown.drop("defaulted"), "unknown.csv")
    observe(wiring.lake, batch.head(250))

    known = read_known_rows(wiring, now=NOON)

    expected = pl.concat([labelled, batch.head(250)])
    assert known.rows.select(expected.columns).sort(KEY).equals(expected.sort(KEY))
    assert len(known.snapshots) == 2
    assert known.data_origin == "simulated"


def test_row_of_several_files_counts_once(ingest, wiring, some_rows):
    ingest(some_rows, "all.csv")
    ingest(some_rows.head(200), "some.csv")
    ingest(some_rows.drop("defaulted"), "bare.csv")
    observe(wiring.lake, some_rows)

    assert read_known_rows(wiring, now=NOON).rows.height == 300


def test_what_was_observed_later_corrects_what_a_file_said(ingest, wiring, some_rows):
    ingest(some_rows, "all.csv")
    observe(wiring.lake, some_rows.head(50), defaulted=1 - pl.col("defaulted"))

    known = dict(
        read_known_rows(wiring, now=NOON).rows.select("client_id", "defaulted").iter_rows()
    )

    said = dict(some_rows.select("client_id", "defaulted").iter_rows())
    assert {client for client in known if known[client] != said[client]} == set(
        some_rows["client_id"].head(50)
    )


def test_lake_that_knows_no_outcome_has_nothing_to_learn_from(ingest, wiring, some_rows):
    ingest(some_rows.drop("defaulted"), "bare.csv")

    with pytest.raises(InputError, match="no statements with known outcomes"):
        read_known_rows(wiring, now=NOON)


def test_real_and_simulated_clients_are_never_learned_from_together(wiring, some_rows, tmp_path):
    real = some_rows.with_columns(client_id=pl.col("client_id").str.replace("SIM-", ""))
    for rows, name in ((some_rows, "simulated.csv"), (real, "real.csv")):
        path = write(rows, tmp_path / name)
        checked = check_file(wiring, path, month=None, outcome="kept")
        write_file_snapshot(wiring, checked, kept_at=NOON)  # without the check that refuses them

    with pytest.raises(InputError, match="real and simulated clients"):
        read_known_rows(wiring, now=NOON)


def test_batch_of_a_broken_feed_trains_no_model(wiring, ingest, known_rows):
    months = known_rows.filter(pl.col("statement_month") < "2005-11").group_by(
        "statement_month", maintain_order=True
    )
    ids = [
        ingest(rows.head(100), f"{number}.csv").batch_id for number, (_, rows) in enumerate(months)
    ]
    before = read_known_rows(wiring, now=NOON)

    ring(wiring.lake, ids[1])

    known = read_known_rows(wiring, now=NOON)
    assert (before.rows.height, before.notes) == (200, ())
    assert known.rows["statement_month"].unique().to_list() == ["2005-09"]
    assert [snapshot.digest for snapshot in known.snapshots] == [ids[0]]
    assert known.notes == ("1 batch of a broken feed left out",)


def test_sliding_window_leaves_older_months_out(make_wiring, known_rows, tmp_path):
    wiring = make_wiring(retraining={"window": "sliding", "window_months": 2})
    for number, (_, rows) in enumerate(known_rows.group_by("statement_month", maintain_order=True)):
        path = write(rows.head(100), tmp_path / f"{number}.csv")
        ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)

    known = read_known_rows(wiring, now=NOON)

    assert sorted(known.rows["statement_month"].unique()) == ["2005-10", "2005-11"]
    assert len(known.snapshots) == 2
    assert known.notes == ("trained on the months 2005-10 to 2005-11",)


def test_outcome_that_was_observed_too_early_is_not_learned_from(wiring, ingest, some_rows):
    ingest(some_rows.head(60).drop("defaulted"), "rows.csv")
    observe(wiring.lake, some_rows.head(10), at="2005-10-15")
    observe(wiring.lake, some_rows.slice(10, 50), at="2005-11-01")

    assert read_known_rows(wiring, now=NOON).rows.height == 50


def arrive_half(rows):
    """All defaulters and half of the payers: how outcomes look while they arrive."""
    payers = rows.filter(defaulted=0)
    return pl.concat([rows.filter(defaulted=1), payers.head(payers.height // 2)])


def test_month_with_half_arrived_outcomes_is_left_out_until_the_others_come(
    wiring, ingest, known_rows
):
    september, october, _ = known_rows.partition_by("statement_month")
    ingest(september, "september.csv")
    ingest(october.drop("defaulted"), "october.csv")
    arrived = arrive_half(october)
    observe(wiring.lake, arrived)

    half = read_known_rows(wiring, now=NOON)
    observe(wiring.lake, october)
    whole = read_known_rows(wiring, now=NOON)

    assert half.rows["statement_month"].unique().to_list() == ["2005-09"]
    assert half.completeness["2005-10"].state == "partial"
    [note] = half.notes
    assert note == (
        f"month 2005-10 left out: {arrived.height:,} of 2,000 outcomes are known "
        f"({arrived.height / 2_000:.0%}): at least 80% are needed (coverage.lowest_share); "
        "take in the other outcomes with "
        "`credit-default outcomes FILE` and train again"
    )
    assert sorted(whole.rows["statement_month"].unique()) == ["2005-09", "2005-10"]
    assert (whole.rows.height, whole.notes) == (4_000, ())


def test_lake_whose_only_outcomes_are_half_arrived_trains_nothing_and_says_why(
    wiring, ingest, known_rows
):
    october = known_rows.filter(statement_month="2005-10")
    ingest(october.drop("defaulted"), "october.csv")
    observe(wiring.lake, arrive_half(october))

    with pytest.raises(
        InputError, match=r"no month whose outcomes are complete \(2005-10: "
    ) as error:
        read_known_rows(wiring, now=NOON)

    assert "`credit-default outcomes FILE`" in error.value.remedy
    assert error.value.exit_code == 2


def score(lake, rows, probability):
    scored = rows.select(*KEY).with_columns(
        default_probability=pl.Series(probability),
        decision=pl.lit("accept"),
        risk_band=pl.lit("A"),
        expected_loss=pl.lit(None, dtype=pl.Float64),
        reasons=pl.lit([], dtype=pl.List(pl.String)),
        model_version=pl.lit(1, dtype=pl.Int64),
        batch_id=pl.lit("b" * 16),
        scored_at=pl.lit(NOON).dt.cast_time_unit("us"),
    )
    write_scores(lake, lambda: [scored], batch_id="b" * 16, model_version=1)


@pytest.mark.parametrize(("late", "state"), [(None, "complete"), (0, "partial")])
def test_month_above_the_limit_is_left_out_where_the_missing_are_not_like_the_others(
    wiring, ingest, known_rows, late, state
):
    generator = np.random.default_rng(3)
    september, october, _ = known_rows.partition_by("statement_month")
    probability = 1 / (1 + np.exp(-generator.normal(-1.55, 1.15, october.height)))
    october = october.with_columns(
        defaulted=pl.Series((generator.random(october.height) < probability).astype(int))
    )
    ingest(september, "september.csv")
    ingest(october.drop("defaulted"), "october.csv")
    score(wiring.lake, october, probability)
    late_rows = pl.lit(value=True) if late is None else pl.col("defaulted") == late
    lost = october.filter(late_rows).sample(350, seed=1)
    observe(wiring.lake, october.join(lost, on=KEY, how="anti"))

    known = read_known_rows(wiring, now=NOON)

    assert known.completeness["2005-10"].state == state
    assert known.completeness["2005-10"].counts.known_count == 1_650
    told = "the missing ones have lower scores than chance explains"
    assert (told in " ".join(known.notes)) == (state == "partial")


def test_order_in_which_files_and_outcomes_came_changes_nothing(make_wiring, known_rows, tmp_path):
    september, october, _ = (m.head(300) for m in known_rows.partition_by("statement_month"))
    arrived = [october.head(150), october.slice(150, 120)]
    found = []
    for turn in (1, -1):
        wiring = make_wiring(tmp_path / str(turn))
        for number, rows in enumerate([september, october.drop("defaulted")][::turn]):
            path = write(rows[::turn], tmp_path / f"{turn}{number}.csv")
            ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)
        for rows in arrived[::turn]:
            observe(wiring.lake, rows)
        known = read_known_rows(wiring, now=NOON)
        found.append(
            (dict(known.completeness), known.rows.sort(KEY).select(sorted(known.rows.columns)))
        )

    assert found[0][0] == found[1][0]
    assert found[0][1].equals(found[1][1])


def test_month_that_is_not_over_is_early_whatever_a_file_says(wiring, ingest, known_rows):
    months = known_rows.filter(pl.col("statement_month") < "2005-11")
    ingest(months, "months.csv")

    known = read_known_rows(wiring, now=dt.datetime(2005, 10, 20, tzinfo=dt.UTC))

    assert {m: found.state for m, found in known.completeness.items()} == {
        "2005-09": "complete",
        "2005-10": "early",
    }
    assert known.rows["statement_month"].unique().to_list() == ["2005-09"]
