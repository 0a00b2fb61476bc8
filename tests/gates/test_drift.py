from dataclasses import replace

import numpy as np
import pytest

from credit_default.gates.drift import ColumnDrift, DriftPolicy, DriftReport, judge_drift, measure_noise

STILL = DriftReport(
    columns=tuple(ColumnDrift(f"column_{number}", "psi", 0.01, 0.1, drifted=False) for number in range(10)),
    score=ColumnDrift("default_probability", "psi", 0.01, 0.1, drifted=False),
    drifted_share=0.0,
    reference_count=6000,
    current_count=2500,
    report_paths={},
)


def move(report, *numbers, statistic=0.5, method="psi"):
    columns = list(report.columns)
    for number in numbers:
        columns[number] = replace(columns[number], method=method, statistic=statistic, drifted=True)
    return replace(report, columns=tuple(columns))


def move_score(report, statistic):
    return replace(report, score=replace(report.score, statistic=statistic))


def judge(report, **arguments):
    return judge_drift(report, **{"row_count": report.current_count, **arguments})


def test_a_clean_batch_is_ok():
    verdict = judge(STILL)

    assert verdict.level == "ok"
    assert verdict.reasons == ("no column moved; score drift 0.010 is below 0.100",)


@pytest.mark.parametrize(("statistic", "level"), [(0.0999, "ok"), (0.1, "alarm"), (0.7, "alarm")])
def test_a_moved_score_rings(statistic, level):
    assert judge(move_score(STILL, statistic)).level == level


def test_one_moved_column_is_watched_and_named_with_its_figures():
    verdict = judge(move(STILL, 4))

    assert verdict.level == "watch"
    assert verdict.reasons == ("column_4 moved: psi 0.500, limit 0.100",)
    assert verdict.figures["drifted_count"] == 1.0


def test_three_of_ten_moved_columns_ring():
    assert judge(move(STILL, 1, 2)).level == "watch"
    assert judge(move(STILL, 1, 2, 3)).level == "alarm"


def test_one_column_that_carries_the_model_rings():
    importance = {"column_0": 0.4, "column_1": 0.05}

    assert judge(move(STILL, 0), importance=importance).level == "alarm"
    assert judge(move(STILL, 1), importance=importance).level == "watch"


def test_columns_that_the_model_ignores_ring_when_they_are_many():
    assert judge(move(STILL, 1, 2, 3), importance={"column_0": 1.0}).level == "alarm"


def test_the_most_moved_column_comes_first_and_five_at_most():
    report = move(STILL, *range(7), statistic=0.2)
    report = move(report, 5, statistic=0.9)

    reasons = judge(report).reasons

    assert reasons[0] == "70% of the columns moved, limit 30%"
    assert reasons[1].startswith("column_5 moved")
    assert reasons[-1] == "and 2 more columns"
    assert len(reasons) == 7


@pytest.mark.parametrize(("row_count", "level"), [(199, "not judged"), (200, "alarm")])
def test_below_two_hundred_rows_nothing_is_judged(row_count, level):
    report = replace(move_score(STILL, 5.0), current_count=row_count)

    verdict = judge(report)

    assert verdict.level == level
    assert ("too few to tell drift from chance" in verdict.reasons[0]) is (level == "not judged")


def test_what_chance_gives_in_a_small_batch_is_no_drift():
    small = replace(move(STILL, 1, statistic=0.13), current_count=200)

    assert judge(small).level == "ok"
    assert judge(replace(small, current_count=2500)).level == "watch"


@pytest.mark.parametrize("method", ["ks", "chisquare"])
def test_a_p_value_is_not_read_as_a_distance(method):
    calm = replace(STILL.columns[0], method=method, statistic=0.9, threshold=0.05, drifted=False)
    moved = replace(calm, statistic=0.001, drifted=True)

    assert judge(replace(STILL, columns=(calm, *STILL.columns[1:]))).level == "ok"
    assert judge(replace(STILL, columns=(moved, *STILL.columns[1:]))).level == "watch"


def test_a_wasserstein_distance_is_taken_as_the_report_says():
    assert judge(move(STILL, 1, statistic=0.11, method="wasserstein")).level == "watch"


@pytest.mark.parametrize("method", ["psi", "jensenshannon"])
def test_the_noise_allowance_is_what_resampling_shows(method):
    generator = np.random.default_rng(1)
    column = ColumnDrift("any", method, 0.0, 0.1, drifted=False, bin_count=10)
    report = replace(STILL, reference_count=6000, current_count=300)

    reference, current = (generator.multinomial(count, [0.1] * 10, size=2000) / count for count in (6000, 300))
    if method == "psi":
        distances = ((current - reference) * np.log(current / reference)).sum(axis=1)
    else:
        middle = (reference + current) / 2
        divergence = (reference * np.log(reference / middle) + current * np.log(current / middle)).sum(axis=1) / 2
        distances = np.sqrt(divergence)

    allowed = measure_noise(column, report, confidence=0.99)
    assert (distances > allowed).mean() == pytest.approx(0.01, abs=0.008)


def test_a_report_without_columns_is_judged_by_its_score():
    report = replace(STILL, columns=())

    assert judge(report).level == "ok"
    assert judge(move_score(report, 1.0), policy=DriftPolicy(score_threshold=2.0)).level == "ok"
