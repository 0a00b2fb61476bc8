from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from tests.fakes.scored_samples import change, draw_sample

from credit_default.gates.validation.battery import TESTS, run_battery
from credit_default.gates.validation.given_figures import (
    EstimateOutcome,
    GivenFigures,
    GroupComparison,
    OverrideCounts,
    PromotionOutcome,
    RefitFigures,
)
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import CHAPTERS
from credit_default.gates.validation.sample import ScoredSample

EVERYTHING = GivenFigures(
    refits=RefitFigures((0.78, 0.781, 0.779), (0.78, 0.785, 0.776), 0.02, 0.9),
    overrides=OverrideCounts(2_000, 30, 20, 30, 9, 9.5),
    groups=(GroupComparison("sex: female", 0.97, 0.93, 1.01, 0.01, -0.01, 0.03),),
    promotions=tuple(
        PromotionOutcome(f"version {i}", 0.002, 0.002 + i * 1e-4, 0.001) for i in range(4)
    ),
    estimates=tuple(EstimateOutcome(str(i), 0.2, 0.3, 0.25) for i in range(4)),
)


def run(sample, reference=None, given=None):
    return run_battery(sample, reference, ValidationPolicy(), "digest", given=given)


def draw_full_sample(seed, *, client_count=400):
    """Twelve months of these clients, who stay in their band or move to the next one."""
    generator = np.random.default_rng(seed)
    row_count = 12 * client_count
    sample = draw_sample(seed, row_count=row_count, month_count=12)
    clients = np.arange(row_count) // 12
    moves = generator.integers(-1, 2, row_count) * (generator.random(row_count) < 0.3)
    step = np.clip(clients % 7 + moves, 0, 6)
    outcomes = sample.defaulted.copy()
    outcomes[generator.choice(np.flatnonzero(sample.month == "2026-12"), 30, replace=False)] = (
        np.nan
    )
    declined = sample.default_probability > 0.4
    return change(
        sample,
        client_id=clients,
        band=np.array(list("ABCDEFG"))[step],
        defaulted=outcomes,
        declined=declined,
        final_declined=declined,
    )


def test_more_than_forty_tests_cover_every_chapter():
    assert len(TESTS) >= 40
    assert [*dict.fromkeys(test.chapter for test in TESTS)] == list(CHAPTERS)
    assert max(Counter(test.test_id for test in TESTS).values()) == 1
    for test in TESTS:
        assert (
            test.test_id.split(".")[0].replace("_", " ").replace("back testing", "back-testing")
            == test.chapter
        )
        assert all(
            (test.title, test.statistic_name, test.null_hypothesis.endswith("."), test.source)
        )


def test_every_test_judges_a_sample_that_has_everything():
    results = run(draw_full_sample(1), draw_sample(2, row_count=4_000), EVERYTHING)

    assert {r.test_id for r in results if r.light == "not judged"} == set()
    for result in results:
        assert result.reason
        assert result.statistic is not None
        assert (result.input_digest, result.policy_id) == ("digest", ValidationPolicy().policy_id)
        assert result.p_value is None or 0 <= result.p_value <= 1


def test_every_test_is_listed_where_nothing_can_be_judged():
    results = run(ScoredSample(np.full(50, 0.2)))

    assert [r.test_id for r in results] == [test.test_id for test in TESTS]
    judged = {r.test_id for r in results if r.light != "not judged"}
    assert judged == {"data_quality.equal_scores"}
    assert all(
        r.statistic is None and r.p_value is None for r in results if r.test_id not in judged
    )


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (
            change(draw_sample(3), defaulted=np.zeros(2_000)),
            "0 defaults in 2,000 rows in the sample",
        ),
        (change(draw_sample(3), defaulted=np.ones(2_000)), "2,000 defaults in 2,000 rows"),
        (draw_sample(3, row_count=199), "199 rows in the sample have an outcome"),
        (change(draw_sample(3), defaulted=None), "no outcomes in the sample"),
        (change(draw_sample(3), defaulted=np.full(2_000, np.nan)), "no outcomes in the sample"),
    ],
    ids=["no default", "defaults only", "199 rows", "no outcomes", "none known"],
)
def test_no_number_is_told_where_outcomes_do_not_suffice(sample, reason):
    results = run(sample, draw_sample(4))

    need = {test.test_id for test in TESTS if "outcomes" in test.needs}
    told = [r for r in results if r.test_id in need]
    assert {(r.light, r.statistic, r.p_value) for r in told} == {("not judged", None, None)}
    assert all(r.reason.startswith(reason) for r in told if r.reason != "no months")


def test_order_of_rows_changes_no_figure():
    sample, reference = draw_full_sample(5), draw_sample(6)
    order = np.random.default_rng(7).permutation(sample.row_count)
    arrays = {
        field.name: getattr(sample, field.name)[order]
        for field in fields(sample)
        if isinstance(getattr(sample, field.name), np.ndarray)
    }
    mixed = change(
        sample,
        segments={name: labels[order] for name, labels in sample.segments.items()},
        variables={name: values[order] for name, values in sample.variables.items()},
        **arrays,
    )

    first, second = run(sample, reference), run(mixed, reference)

    assert [(r.test_id, r.subject, r.light) for r in first] == [
        (r.test_id, r.subject, r.light) for r in second
    ]
    assert [r.p_value for r in first if r.p_value is not None] == pytest.approx(
        [r.p_value for r in second if r.p_value is not None], abs=1e-9
    )


def test_arguments_are_left_as_they_were():
    sample, reference = draw_full_sample(8), draw_sample(9)
    before = sample.default_probability.copy(), reference.default_probability.copy()

    run(sample, reference, EVERYTHING)

    assert (sample.default_probability == before[0]).all()
    assert (reference.default_probability == before[1]).all()


def _plant_certain(sample):
    return change(sample, default_probability=np.round(sample.default_probability))


def _plant_constant(sample):
    return change(sample, default_probability=np.full(sample.row_count, 0.22))


def _plant_perfect(sample):
    return change(sample, default_probability=np.nan_to_num(sample.defaulted))


def _plant_one_client(sample):
    return change(sample, client_id=np.zeros(sample.row_count, dtype=int))


def _plant_few_clients(sample):
    return change(sample, client_id=np.arange(sample.row_count) % 5)


def _plant_one_band(sample):
    return change(sample, band=np.full(sample.row_count, "A"))


def _plant_a_band_a_row(sample):
    labels = np.array([f"{number:05d}" for number in range(sample.row_count)])
    return change(sample, band=labels, band_order=())


def _plant_empty_variables(sample):
    columns = {"nothing": np.full(sample.row_count, np.nan), "same": np.ones(sample.row_count)}
    return change(sample, variables=columns)


def _plant_few_defaults(sample):
    outcomes = np.zeros(sample.row_count)
    outcomes[:10] = 1
    return change(sample, defaulted=outcomes)


def _plant_all_overridden(sample):
    return change(sample, final_declined=~sample.declined)


@pytest.mark.parametrize(
    "plant",
    [
        _plant_certain,
        _plant_constant,
        _plant_perfect,
        _plant_one_client,
        _plant_few_clients,
        _plant_one_band,
        _plant_a_band_a_row,
        _plant_empty_variables,
        _plant_few_defaults,
        _plant_all_overridden,
    ],
)
def test_odd_samples_give_finite_figures_or_none(plant):
    """Warnings are errors here, so that no division by zero hides either."""
    # what compares each band with each other one takes the square of their number
    client_count = 100 if plant is _plant_a_band_a_row else 400
    usual, sample = (draw_full_sample(seed, client_count=client_count) for seed in (10, 11))
    odd = plant(sample)

    for sample, reference in ((odd, usual), (usual, odd), (odd, odd)):
        for result in run(sample, reference):
            assert result.statistic is None or np.isfinite(result.statistic), result
            assert result.p_value is None or 0 <= result.p_value <= 1, result
            assert all(np.isfinite(value) for value in result.figures.values()), result


def test_certain_probabilities_that_are_wrong_are_never_green():
    sample = _plant_certain(draw_sample(12, month_count=4))

    results = {r.test_id: r.light for r in run(sample)}

    assert results["calibration.jeffreys"] == "red"
    assert results["calibration.in_the_large"] == "not judged"
    assert results["calibration.spiegelhalter"] == "not judged"
