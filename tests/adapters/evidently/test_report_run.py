"""The installed Evidently's figures, compared with each statistic computed again from its definition."""

from dataclasses import replace
from math import comb

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2
from tests.fakes.evidently_reports import read_drift

from credit_default.adapters.evidently.drift_report import ReportTitle, render_drift_report
from credit_default.adapters.evidently.report_run import METHOD_NAMES
from credit_default.data.contract.schema import DRIFT_METHODS, KEY
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile

pytestmark = pytest.mark.xdist_group("evidently")

METHODS = {
    "credit_limit": "ks",
    "sex": "chisquare",
    "education": "jensenshannon",
    "marriage": "psi",
    "age": "jensenshannon",
    "bill_amount_m1": "wasserstein",
    "bill_amount_m2": "psi",
    "payment_amount_m1": "ks",
    "payment_amount_m2": "wasserstein",
    "payment_amount_m3": "jensenshannon",
    "repayment_status_m1": "chisquare",
    "repayment_status_m2": "psi",
}
SCHEMA = replace(
    CREDIT_CARD,
    columns=tuple(
        replace(c, drift_method=METHODS[c.name]) if c.name in METHODS else c
        for c in CREDIT_CARD.columns
        if c.name in {*KEY, *METHODS}
    ),
    rules=(),
)


@pytest.fixture(scope="module")
def sides(scored):
    """A reference of 600 rows, and 250 others: fewer, poorer, with bills near nought and a code that is gone."""
    later = scored(250, seed=4).with_columns(
        pl.col("credit_limit") * 0.7,
        pl.col("bill_amount_m1") - 20_000,
        pl.when(pl.col("education") == 1).then(4).otherwise("education").alias("education"),
        pl.col("payment_amount_m3").clip(upper_bound=4_000),
    )
    return scored(600, seed=3), later


@pytest.fixture(scope="module")
def reported(sides, tmp_path_factory):
    reference, current = sides
    paths = render_drift_report(
        reference=reference,
        current=current,
        schema=SCHEMA,
        policy=DriftPolicy(),
        folder=tmp_path_factory.mktemp("methods"),
        title=ReportTitle("ab" * 8, 3),
    ).paths
    return read_drift(paths, reference=reference, current=current)


def count(reference, current, *, is_code):
    if is_code:
        edges = None
        values = sorted(set(reference) | set(current))
        return [
            np.array([(side == value).sum() for value in values]) for side in (reference, current)
        ]
    edges = np.unique(np.quantile(reference, np.arange(0.1, 0.95, 0.1)))
    return [
        np.bincount((side[:, None] >= edges).sum(axis=1), minlength=len(edges) + 1)
        for side in (reference, current)
    ]


def compute_psi(reference, current, *, is_code):
    r, c = (np.maximum(n / n.sum(), 1e-4) for n in count(reference, current, is_code=is_code))
    return ((r - c) * np.log(r / c)).sum()


def compute_jensenshannon(reference, current, *, is_code):
    r, c = (n / n.sum() for n in count(reference, current, is_code=is_code))
    m = (r + c) / 2
    parts = [
        sum(p * np.log(p / q) for p, q in zip(side, m, strict=True) if p > 0) for side in (r, c)
    ]
    return np.sqrt(sum(parts) / 2)


def compute_chisquare(reference, current, *, is_code):
    r, c = count(reference, current, is_code=is_code)
    expected = r * len(current) / len(reference)
    return chi2.sf(((c - expected) ** 2 / expected).sum(), len(r) - 1)


def compute_wasserstein(reference, current, *, is_code):
    points = np.unique(np.concatenate([reference, current]))
    f, g = ((side[:, None] <= points).mean(axis=0) for side in (reference, current))
    return (np.abs(f - g)[:-1] * np.diff(points)).sum() / reference.std()


def compute_ks(reference, current, *, is_code):
    """The share of all orders of both samples whose distance is as large: counted along the lattice paths (Hodges 1958)."""
    points = np.concatenate([reference, current])
    n, m = len(reference), len(current)
    below = [(side[:, None] <= points).sum(axis=0).astype(int) for side in (reference, current)]
    reached = int(np.abs(below[0] * m - below[1] * n).max())
    paths = [int(j * n < reached) for j in range(m + 1)]  # that stay within, to (0, j)
    for j in range(1, m + 1):
        paths[j] = paths[j] and paths[j - 1]
    for i in range(1, n + 1):
        paths[0] = paths[0] if i * m < reached else 0
        for j in range(1, m + 1):
            paths[j] = paths[j] + paths[j - 1] if abs(i * m - j * n) < reached else 0
    return float(1 - paths[m] / comb(n + m, m)) if paths[m] else 1.0


COMPUTED = {
    "psi": compute_psi,
    "jensenshannon": compute_jensenshannon,
    "chisquare": compute_chisquare,
    "wasserstein": compute_wasserstein,
    "ks": compute_ks,
}


def test_every_method_of_the_schema_is_known_to_evidently_and_recomputed_here():
    assert set(METHOD_NAMES) == set(COMPUTED) == set(DRIFT_METHODS) == set(METHODS.values())


def test_evidently_gives_each_statistic_as_its_definition_does(sides, reported):
    asked = (*reported.columns, reported.score, reported.decision)
    assert [column.column for column in asked[:-2]] == [column.name for column in SCHEMA.inputs]

    for found in asked:
        is_code = bool(
            next(
                (c.codes for c in SCHEMA.inputs if c.name == found.column),
                found.column == "decision",
            )
        )
        before, after = (side[found.column].to_numpy() for side in sides)
        expected = COMPUTED[found.method](before, after, is_code=is_code)
        assert found.method == METHODS.get(found.column, "psi")
        assert found.statistic == pytest.approx(expected, abs=1e-6), found.column


def test_counts_in_one_pass_come_to_what_evidently_measures_on_the_same_rows(sides, reported):
    reference, current = sides
    plan = plan_profile(reference, schema=SCHEMA, decision_policy=DecisionPolicy())

    counted = measure_drift(
        plan,
        profile_rows(plan, reference),
        profile_rows(plan, current),
        schema=SCHEMA,
        policy=DriftPolicy(),
    )

    pairs = zip(
        (*counted.columns, counted.score, counted.decision),
        (*reported.columns, reported.score, reported.decision),
        strict=True,
    )
    for ours, theirs in pairs:
        assert (ours.column, ours.method, ours.bin_count) == (
            theirs.column,
            theirs.method,
            theirs.bin_count,
        )
        assert ours.statistic == pytest.approx(theirs.statistic, abs=1e-6 + ours.error), ours.column
        assert ours.drifted == theirs.drifted
        assert (ours.error > 0) <= (ours.method == "wasserstein")
        assert ours.error < 0.01
    assert (counted.reference_count, counted.drifted_share) == (600, reported.drifted_share)
