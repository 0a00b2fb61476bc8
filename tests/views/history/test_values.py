import datetime as dt
import json
from math import isnan

import polars as pl
import pytest
from tests.fakes.histories import make_batch, make_history

from credit_default.views.history.values import build_history_batches


def make_row(month, *, batch="a", version=1, gate="drift", level="ok", figures=None, hour=0):
    return {
        "batch_id": batch,
        "statement_month": month,
        "model_version": version,
        "gate": gate,
        "level": level,
        "figures": json.dumps(figures or {}),
        "row_count": 10,
        "monitored_at": dt.datetime(2006, 1, 1, hour, tzinfo=dt.UTC),
    }


def test_batches_are_ordered_by_month_with_all_their_gates():
    rows = [
        make_row("2006-02", batch="b"),
        make_row("2006-01"),
        make_row("2006-01", gate="feed", level="watch"),
    ]

    first, second = build_history_batches(pl.DataFrame(rows), {})

    assert (first.statement_month, first.levels) == ("2006-01", {"drift": "ok", "feed": "watch"})
    assert second.batch_id == "b"


def test_newest_version_and_newest_finding_count():
    rows = [
        make_row("2006-01", version=1, level="alarm"),
        make_row("2006-01", version=2, level="watch", hour=1),
        make_row("2006-01", version=2, level="ok", hour=2),
    ]

    (batch,) = build_history_batches(pl.DataFrame(rows), {("a", 2): {"drift": {}}})

    assert (batch.model_version, batch.levels) == (2, {"drift": "ok"})


def test_figure_that_is_absent_or_null_is_nan():
    (batch,) = build_history_batches(
        pl.DataFrame([make_row("2006-01", figures={"score_drift": None})]), {}
    )

    assert isnan(batch.find_figure("drift", "score_drift"))
    assert isnan(batch.find_figure("performance", "roc_auc"))


def test_quantiles_lie_between_the_deciles():
    low, median, high = make_batch(0).find_quantiles((0.05, 0.5, 0.95))

    assert 0.02 < low < median < high < 0.9
    assert median == pytest.approx(0.175, abs=0.01)


def test_batch_without_profile_has_gaps():
    batch = make_batch(0, profile={})

    assert all(isnan(score) for score in batch.find_quantiles((0.5,)))
    assert batch.list_drift_ratios() == {}


def test_excess_counts_a_p_value_the_other_way_round():
    drift = {
        "a": {"statistic": 0.2, "threshold": 0.1, "method": "psi"},
        "b": {"statistic": 0.01, "threshold": 0.05, "method": "ks"},
    }

    assert make_batch(0, profile={"drift": drift}).list_drift_ratios() == pytest.approx(
        {"a": 2.0, "b": 5.0}
    )


def test_months_with_several_batches_are_told_apart():
    rows = [
        make_row("2006-01", batch="aaaa1"),
        make_row("2006-01", batch="bbbb2"),
        make_row("2006-02", batch="c"),
    ]
    history = make_history()

    assert history.labels[:2] == ["2006-01", "2006-02"]
    from dataclasses import replace

    several = replace(history, batches=build_history_batches(pl.DataFrame(rows), {}))
    assert several.labels == ["2006-01 aaaa", "2006-01 bbbb", "2006-02"]
