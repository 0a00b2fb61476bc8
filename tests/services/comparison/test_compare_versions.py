"""Two real versions compared on the months that both scored, with outcomes that arrive bit by bit."""

import datetime as dt
import json
import shutil
from io import StringIO

import polars as pl
import pytest

from credit_default.adapters.tables.queries import read_scores
from credit_default.adapters.tables.shadow_scores import read_shadow_scores
from credit_default.errors import InputError
from credit_default.services.champion.versions import list_models, promote_by_hand
from credit_default.services.comparison.backtests import backtest_promotions, describe_backtests
from credit_default.services.comparison.compare_versions import (
    compare_versions,
    fill_shadow_scores,
    summarise_comparison,
)
from credit_default.services.comparison.learned_months import describe_out_of_time
from credit_default.services.intake.file_check import check_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.shadow_run import score_in_shadow
from credit_default.views.summaries.summary import render_summary_json
from credit_default.views.terminal.version_comparison import render_comparison

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
PROMOTED = NOON + dt.timedelta(hours=1)
KEY = ["client_id", "statement_month"]

pytestmark = pytest.mark.xdist_group("mlflow")


@pytest.fixture
def wired(two_versions, tmp_path, make_wiring):
    """A copy of the lake with version 1 as champion and version 2 as challenger."""
    shutil.copytree(two_versions, tmp_path / "lake")
    return make_wiring(tmp_path, performance={"fewest_defaults": 20})


@pytest.fixture
def months(known_rows):
    return {
        month: known_rows.filter(statement_month=month).head(600)
        for month in ("2005-09", "2005-10", "2005-11")
    }


@pytest.fixture
def predict(wired, tmp_path):
    """Scores rows live, and in the shadow where asked; returns the batch_id."""

    def score(rows, *, at=NOON, shadow=True, name=None):
        path = tmp_path / (name or f"{rows['statement_month'][0]}-{at.hour}.csv")
        rows.drop("defaulted").write_csv(path)
        checked = check_file(wired, str(path), month=None, outcome="ignored")
        champion = load_champion(wired, checked)
        scored = score_file(wired, checked, champion, scored_at=at)
        if shadow:
            score_in_shadow(wired, scored.batch_id, champion=champion.number, clock=lambda: at)
        return scored.batch_id

    return score


@pytest.fixture
def take_in(wired, tmp_path):
    def take(rows, name="outcomes.csv"):
        outcomes = rows.select(*KEY, "defaulted").with_columns(observed_at=pl.lit("2006-01-01"))
        outcomes.write_csv(tmp_path / name)
        ingest_outcomes_file(wired, str(tmp_path / name), taken_in_at=NOON)

    return take


def render(found):
    from rich.console import Console

    console = Console(width=80, force_terminal=False, record=True, file=StringIO())
    console.print(render_comparison(found))
    return console.export_text()


def test_swap_set_is_that_of_the_two_versions_own_decisions(wired, predict, months):
    rows = months["2005-10"]
    batch_id = predict(rows)

    found = compare_versions(wired, 1, 2, now=NOON)

    live = read_scores(wired.lake, batch_id=batch_id).select("client_id", "default_probability")
    both = live.join(read_shadow_scores(wired.lake, batch_id=batch_id), on="client_id")
    first, second = found.thresholds
    before, after = (
        both["default_probability"] >= first,
        both["default_probability_right"] >= second,
    )
    assert [group.row_count for group in found.swap_set] == [
        (before & ~after).sum(),
        (~before & after).sum(),
        (before & after).sum(),
        (~before & ~after).sum(),
    ]
    assert found.swap_set[0].row_count + found.swap_set[1].row_count > 0
    assert (found.row_count, found.known_count, found.differences) == (600, 0, {})


def test_the_other_way_round_everything_changes_its_sign(wired, predict, take_in, months):
    predict(months["2005-10"])
    take_in(months["2005-10"])

    one, other = (compare_versions(wired, *pair, now=NOON) for pair in ((1, 2), (2, 1)))

    assert one.swap_set[0].row_count == other.swap_set[1].row_count
    for name, difference in one.differences.items():
        assert other.differences[name].gain == pytest.approx(-difference.gain)
        assert other.differences[name].low == pytest.approx(-difference.high)
    assert one.levels == tuple(reversed(other.levels))


def test_outcomes_of_a_month_count_only_when_they_are_complete(wired, predict, take_in, months):
    predict(months["2005-10"])
    defaulters_first = months["2005-10"].sort("defaulted", descending=True).head(300)
    take_in(defaulters_first)

    half = compare_versions(wired, 1, 2, now=NOON)
    take_in(months["2005-10"], name="all.csv")
    whole = compare_versions(wired, 1, 2, now=NOON)

    assert (half.known_count, dict(half.incomplete)) == (0, {"2005-10": 0.5})
    assert any("50% are known" in note for note in summarise_comparison(half).notes)
    assert (whole.known_count, dict(whole.incomplete)) == (600, {})


def test_rows_that_a_version_learned_from_are_left_out(wired, predict, months):
    predict(months["2005-09"])  # the month that both were trained on
    predict(months["2005-10"])

    found = compare_versions(wired, 1, 2, now=NOON)

    assert 300 < found.learned_count < 600
    assert found.row_count == 1_200 - found.learned_count
    assert found.later_months == ("2005-10",)


def test_of_a_month_delivered_again_the_last_batch_counts(wired, predict, months):
    rows = months["2005-10"].head(300)
    predict(rows)
    again = rows.with_columns(pl.col("credit_limit") * 2)
    second = predict(again, at=NOON + dt.timedelta(hours=2), name="again.csv")

    found = compare_versions(wired, 1, 2, now=NOON)

    assert (found.row_count, found.batch_count) == (300, 1)
    latest = read_scores(wired.lake, batch_id=second, model_version=1)["default_probability"]
    assert sum(g.first_probability * g.row_count for g in found.swap_set if g.row_count) == (
        pytest.approx(latest.sum())
    )


def test_nothing_in_common_is_an_error_that_names_the_way_out(wired, predict, months):
    predict(months["2005-10"], shadow=False)

    with pytest.raises(InputError, match="--fill") as raised:
        compare_versions(wired, 1, 2, now=NOON)

    assert "no batch that both scored" in str(raised.value)
    assert fill_shadow_scores(wired, 1, 2, scored_at=NOON) == 1
    assert fill_shadow_scores(wired, 1, 2, scored_at=NOON) == 0
    assert compare_versions(wired, 1, 2, now=NOON).row_count == 600


def test_a_version_is_not_compared_with_itself(wired):
    with pytest.raises(InputError, match="version 1 twice"):
        compare_versions(wired, 1, 1, now=NOON)


def test_a_lake_without_the_table_of_shadow_scores_is_compared_by_its_live_scores(
    wired, predict, months
):
    predict(months["2005-10"], shadow=False)
    promote_by_hand(wired, 2, reason="a drill", decided_at=PROMOTED)
    predict(months["2005-10"], at=PROMOTED, shadow=False)

    assert compare_versions(wired, 1, 2, now=NOON).row_count == 600


def test_the_table_fits_80_columns_and_the_json_has_its_figures(wired, predict, take_in, months):
    predict(months["2005-10"])
    take_in(months["2005-10"])
    found = compare_versions(wired, 1, 2, now=NOON)

    text, shown = render(found), json.loads(render_summary_json(summarise_comparison(found)))

    assert max(map(len, text.splitlines())) <= 80
    for words in ("declined by v1, accepted by v2", "log loss", "cost per 1,000", "ROC AUC"):
        assert words in text
    assert shown["figures"]["log loss, gain"] == found.differences["log_loss"].gain
    assert shown["counts"] == {"scored by both": 600, "batches": 1, "outcomes known": 600}


def test_a_promotion_is_back_tested_on_the_months_that_followed(wired, predict, take_in, months):
    predict(months["2005-10"])  # before the promotion: does not count
    promote_by_hand(wired, 2, reason="a drill", decided_at=PROMOTED)
    batch_id = predict(months["2005-11"], at=PROMOTED + dt.timedelta(hours=1))
    (unknown,) = backtest_promotions(wired, now=NOON)
    for month in ("2005-10", "2005-11"):
        take_in(months[month], name=f"{month}-outcomes.csv")

    (found,) = backtest_promotions(wired, now=NOON)

    assert unknown.verdict.level == "not judged"
    assert (found.old_version, found.new_version, found.months) == (1, 2, ("2005-11",))
    assert found.row_count == 600
    live = read_scores(wired.lake, batch_id=batch_id)
    assert live["model_version"].unique().to_list() == [2]
    assert found.verdict.level in ("ok", "watch", "alarm")
    assert found.describe().startswith("promotion of version 2: on the month (2005-11)")
    assert backtest_promotions(wired, now=NOON) == (found,)
    shown = {
        row.number: row.backtest
        for row in list_models(wired.registry, backtests=describe_backtests((found,)))
    }
    assert shown == {2: found.describe(), 1: ""}


def test_no_promotion_replaced_a_champion_before_there_were_two(wired):
    assert backtest_promotions(wired, now=NOON) == ()


def test_a_promotion_to_a_worse_version_is_found_out(wired, predict, take_in, known_rows):
    rows = known_rows.filter(statement_month="2005-11")
    promote_by_hand(wired, 2, reason="a drill", decided_at=PROMOTED)
    batch_id = predict(rows, at=PROMOTED + dt.timedelta(hours=1))
    shadow = read_shadow_scores(wired.lake, batch_id=batch_id)
    scores = read_scores(wired.lake, batch_id=batch_id)
    # outcomes as the former champion sees them: its probabilities are right, the new one's are not
    sides = scores.join(shadow.select("client_id", old="default_probability"), on="client_id")
    apart = sides.with_columns(
        defaulted=(pl.col("old") > pl.col("old").quantile(0.8)).cast(pl.Int64)
    )
    take_in(apart, name="apart.csv")

    (found,) = backtest_promotions(wired, now=NOON)

    assert found.verdict.level == "alarm"
    assert "it was worse by" in found.verdict.reasons[0]


def test_a_person_who_promotes_is_told_how_the_version_did_out_of_time(
    wired, predict, take_in, months
):
    predict(months["2005-10"])
    early = describe_out_of_time(wired, 2, now=NOON)
    take_in(months["2005-10"])

    told = describe_out_of_time(wired, 2, now=NOON)
    promote_by_hand(wired, 2, reason="a drill", decided_at=PROMOTED, evidence=told)

    assert "not judged, no complete month" in early[0]
    assert told[0].startswith("out of time, against version 1: ")
    assert "on the month (2005-10)" in told[0]
    assert told[0] in wired.registry.find_version(2).tags["verdict_reasons"]
    assert describe_out_of_time(wired, 2, now=NOON) == ()


def test_a_version_that_cannot_be_loaded_stops_no_promotion(wired):
    wired.registry.record_tags(wired.registry.find_version(2), {"digest": "0" * 64})

    (told,) = describe_out_of_time(wired, 2, now=NOON)

    assert told.startswith("out of time, against version 1: not compared, ")
