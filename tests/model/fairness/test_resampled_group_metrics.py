import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.model.fairness.resampled_group_metrics import (
    build_group_rows,
    compare_group_shares,
    measure_acceptance,
    measure_group,
    measure_group_shares,
)

DEFAULTED = np.array([1, 1, 0, 0, 0, 1, 0])
PROBABILITY = np.array([0.9, 0.1, 0.5, 0.1, 0.2, 0.4, 0.3])
FIRST_FIVE = np.arange(5)


def prepare(rows, *, fit_slope=False):
    return build_group_rows(
        rows, defaulted=DEFAULTED, probability=PROBABILITY, threshold=1 / 6, fit_slope=fit_slope
    )


def test_figures_are_those_of_the_group_alone():
    group = prepare(FIRST_FIVE)

    shares, found = measure_group_shares(group), measure_group(np.ones((1, 7)), group)

    assert shares == {
        "accept_share": measure_share(2, 5),
        "caught_share": measure_share(1, 2),
        "false_alarm_share": measure_share(2, 3),
    }
    assert found["calibration_gap"][0] == pytest.approx((2 - 1.8) / 5)
    assert found["roc_auc"][0] == pytest.approx(roc_auc_score(DEFAULTED[:5], PROBABILITY[:5]))
    assert np.isnan(found["calibration_slope"][0])


def test_a_weight_counts_a_row_as_often_as_it_was_drawn():
    twice, group = np.array([[2.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]]), prepare(FIRST_FIVE)

    assert measure_acceptance(twice, group)[0] == pytest.approx(1 / 5)
    assert measure_group(twice, group)["calibration_gap"][0] == pytest.approx((2 - 2.6) / 5)


def test_a_slope_is_fitted_where_it_is_asked_for():
    generator = np.random.default_rng(1)
    probability = generator.beta(1, 4, 5_000)
    defaulted = (generator.random(5_000) < probability).astype(np.int64)
    group = build_group_rows(
        np.arange(5_000),
        defaulted=defaulted,
        probability=probability,
        threshold=0.2,
        fit_slope=True,
    )

    assert measure_group(np.ones((1, 5_000)), group)["calibration_slope"][0] == pytest.approx(
        1.0, abs=0.08
    )


def test_a_resample_without_defaulters_of_the_group_has_no_ranking():
    weights, group = np.array([[0.0, 0.0, 1.0, 1.0, 1.0, 3.0, 1.0]]), prepare(FIRST_FIVE)

    assert np.isnan(measure_group(weights, group)["roc_auc"][0])
    assert measure_acceptance(weights, group)[0] == pytest.approx(1 / 3)


def test_groups_are_related_by_ratio_and_difference():
    one, other = (
        {
            "accept_share": Metric(accepted, accepted, accepted),
            "caught_share": Metric(caught, caught, caught),
            "false_alarm_share": Metric(alarmed, alarmed, alarmed),
        }
        for accepted, caught, alarmed in ((0.4, 0.7, 0.3), (0.5, 0.6, 0.2))
    )

    found = compare_group_shares(one, other)

    assert {name: metric.value for name, metric in found.items()} == pytest.approx(
        {"acceptance_ratio": 0.8, "caught_gap": 0.1, "false_alarm_gap": 0.1}
    )


def test_the_reference_group_is_certain_to_be_like_itself():
    shares = measure_group_shares(prepare(FIRST_FIVE))

    assert compare_group_shares(shares, shares) == {
        "acceptance_ratio": Metric(1.0, 1.0, 1.0),
        "caught_gap": Metric(0.0, 0.0, 0.0),
        "false_alarm_gap": Metric(0.0, 0.0, 0.0),
    }


def test_a_client_exactly_at_the_threshold_is_declined():
    group = build_group_rows(
        np.arange(2),
        defaulted=np.array([1, 0]),
        probability=np.array([0.2, 0.1]),
        threshold=0.2,
        fit_slope=False,
    )

    assert group.declined.tolist() == [True, False]


@pytest.mark.parametrize("name", ["accept", "caught", "false_alarm"])
@pytest.mark.parametrize("lacking", ["the group", "the reference", "both"])
def test_a_figure_is_compared_only_where_both_groups_have_it(name, lacking):
    full = {f"{key}_share": measure_share(3, 9) for key in ("accept", "caught", "false_alarm")}
    bare = full | {f"{name}_share": None}
    own, other = {
        "the group": (bare, full),
        "the reference": (full, bare),
        "both": (bare, dict(bare)),
    }[lacking]

    found = compare_group_shares(own, other)

    absent = "acceptance_ratio" if name == "accept" else f"{name}_gap"
    assert [key for key, metric in found.items() if metric is None] == [absent]
    assert list(found) == ["acceptance_ratio", "caught_gap", "false_alarm_gap"]
