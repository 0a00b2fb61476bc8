from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from credit_default.errors import InputError
from credit_default.gates.promotion import paired_gains
from credit_default.gates.promotion.paired_gains import (
    MEASURES,
    Gain,
    PairedScores,
    measure_gains,
)
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy(missed_default_cost=3.0, false_alarm_cost=1.0)  # threshold .25


def make_gain(gain, *, low=0.0, error=0.125):
    return Gain("log_loss", 0.4, 0.3, gain, low, 1.0, error)


def test_a_gain_whose_interval_ends_at_nought_is_no_gain():
    assert not make_gain(0.1, low=0.0).is_better
    assert make_gain(0.1, low=1e-12).is_better


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_a_loss_is_one_where_it_is_beyond_its_two_sided_interval(confidence):
    reach = norm.ppf((1 + confidence) / 2) * 0.125

    assert make_gain(-reach * (1 + 1e-9)).is_worse(confidence=confidence)
    assert not make_gain(-reach * (1 - 1e-9)).is_worse(confidence=confidence)
    assert not make_gain(reach).is_worse(confidence=confidence)


def test_a_difference_in_cost_is_as_uncertain_as_both_models_say_of_whom_they_differ_about():
    champion, challenger = (
        SimpleNamespace(declined=np.array(declined), probability=np.array(probability))
        for declined, probability in (
            ([True, False, True, False], [0.5, 0.1, 0.9, 0.2]),
            ([True, True, False, False], [0.6, 0.3, 0.1, 0.2]),
        )
    )

    found = paired_gains._measure_least_cost_error(champion, challenger, COSTS)

    # They differ about the second and the third: means of .2 and .5.
    assert found == pytest.approx(1000 * 4 * np.sqrt(0.2 * 0.8 + 0.5 * 0.5) / 4)


def test_figures_of_four_clients_by_hand_and_intervals_by_their_errors():
    defaulted = np.array([1, 0, 0, 1])
    first, second = np.array([0.2, 0.25, 0.1, 0.6]), np.array([0.5, 0.2, 0.1, 0.7])

    gains = measure_gains(
        PairedScores(defaulted, first, second),
        decision_policy=COSTS,
        confidence=0.9,
        resample_count=50,
        seed=1,
    )

    assert tuple(gain.measure for gain in gains) == MEASURES
    by_name = {gain.measure: gain for gain in gains}
    for name, signed in (("log_loss", -1), ("brier", -1), ("roc_auc", 1), ("cost_per_1000", -1)):
        gain = by_name[name]
        assert gain.gain == pytest.approx(signed * (gain.challenger - gain.champion))
        assert gain.high - gain.gain == pytest.approx(norm.ppf(0.95) * gain.standard_error)
        assert gain.gain - gain.low == pytest.approx(norm.ppf(0.95) * gain.standard_error)
    assert by_name["brier"].champion == pytest.approx((0.64 + 0.0625 + 0.01 + 0.16) / 4)
    assert by_name["log_loss"].challenger == pytest.approx(-np.log([0.5, 0.8, 0.9, 0.7]).mean())
    assert by_name["roc_auc"].champion == pytest.approx(3 / 4)
    assert by_name["roc_auc"].challenger == 1.0
    # .25 is declined: a missed default and a false alarm; then neither.
    assert by_name["cost_per_1000"].champion == pytest.approx(1_000.0)
    assert by_name["cost_per_1000"].challenger == 0.0
    assert by_name["cost_per_1000"].standard_error >= 1000 * 4 * np.sqrt(
        0.35 * 0.65 + 0.225 * 0.775
    ) / 4 * (1 - 1e-12)


def test_a_wrong_group_is_named_with_its_labels():
    with pytest.raises(InputError) as caught:
        PairedScores([0, 1], [0.1, 0.2], [0.1, 0.2], groups={"sex": ["m"]})
    assert "groups of paired scores, 'sex': found 1 labels; expected one for each of 2 rows" in str(
        caught.value
    )
    with pytest.raises(InputError, match="'age': found no labels"):
        PairedScores([0, 1], [0.1, 0.2], [0.1, 0.2], protected=("age",))
