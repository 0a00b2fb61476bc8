"""How long reasons take, in seconds of CPU: 15 on the public data's declined rows; `benchmarks/reasons.py` prints them."""

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.fakes.machine_pace import is_within

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_codes import build_reason_finder
from credit_default.model.explanation.shapley_leaf_tables import build_leaf_tables
from credit_default.model.families.find_family import find_family
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


def spend(bundle, rows) -> tuple[int, float]:
    """How many of the rows are declined, and the CPU seconds that their reasons take."""
    import woodelf  # noqa: F401 - its import is no part of the figure

    declined = rows.filter(
        pl.Series(score_probability(bundle, rows) >= bundle.decision_policy.threshold)
    )
    finder = build_reason_finder(bundle, CREDIT_CARD_REASONS, schema=CREDIT_CARD)
    began = time.process_time()
    finder.find_reasons(declined)
    return declined.height, time.process_time() - began


def test_a_small_forest_gives_thousands_of_reasons_in_a_few_seconds(bundle, make_rows):
    count, seconds = spend(
        attach_reference(bundle, make_rows(200, seed=4, prefix="R")), make_rows(6_000, seed=9)
    )

    assert count > 1_000
    assert is_within(seconds, 5)


def test_grouped_leaves_give_the_figures_of_single_leaves_in_a_fraction_of_the_time(
    bundle, make_rows, kernel, monkeypatch
):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "benchmarks"))
    from leaf_by_leaf import add_leaf_by_leaf

    matrix = bundle.pipeline[:-1].transform(make_rows(12_000, seed=9))
    trees, background = find_family(bundle.recipe).list_trees(bundle.forest), matrix[:200]
    tables = build_leaf_tables(trees, background)

    began = time.process_time()
    before = add_leaf_by_leaf(trees, matrix, background=background)
    middle = time.process_time()
    found = tables.add_up(matrix, kernel=kernel)
    ended = time.process_time()

    assert np.abs(found - before).max() < 1e-9
    assert middle - began > 3 * (ended - middle)


@pytest.mark.nightly
def test_declined_rows_of_thirty_thousand_take_fifteen_seconds_at_most(real_data):
    validated = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    rows = pl.concat([batch.accepted for batch in validated.batches()])
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=1)
    parts = dict(
        schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES, decision_policy=DecisionPolicy()
    )
    bundle = attach_reference(
        fit(COMPACT_RECIPE, shuffled[6_000:], **parts, job_count=2), shuffled[:6_000]
    )

    count, seconds = spend(bundle, rows)

    assert count > 12_000
    assert is_within(seconds, 15)
