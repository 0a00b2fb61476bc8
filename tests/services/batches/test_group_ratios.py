from dataclasses import replace

import polars as pl
import pytest

from credit_default.gates.monitoring.fairness_drift import FairnessDriftPolicy
from credit_default.services.batches.group_ratios import read_group_ratios
from credit_default.services.monitoring.batch_performance import judge_without_outcomes
from credit_default.services.monitoring.monitored_batch import find_batch


@pytest.fixture
def wiring(champion_lake):
    """The lake's wiring, where groups of thirty count."""
    settings = champion_lake.wiring.settings
    few = {"fairness_drift": FairnessDriftPolicy(fewest_rows=30)}
    return replace(champion_lake.wiring, settings=settings.model_copy(update=few))


def test_lowest_ratio_of_each_attribute_is_the_one_that_the_gate_keeps_and_lies_in_its_interval(
    wiring, score_rows, known_rows
):
    rows = known_rows.filter(pl.col("statement_month") == "2005-11").head(800).drop("defaulted")
    scored = score_rows(rows)
    version = find_batch(wiring, scored.batch_id).model_version

    groups = read_group_ratios(wiring, scored.batch_id, model_version=version)
    figures = judge_without_outcomes(wiring, find_batch(wiring, scored.batch_id)).fairness.figures

    lowest = {}
    for group in groups:
        name = group.label.partition(":")[0].replace(" ", "_")
        lowest[name] = min(group.ratio, lowest.get(name, 9.0))
    kept = {name: ratio for name, ratio in figures.items() if not name.startswith("reference_")}
    assert groups
    assert {f"{name}_acceptance_ratio": ratio for name, ratio in lowest.items()} == kept
    assert all(group.low < group.ratio < group.high for group in groups)
