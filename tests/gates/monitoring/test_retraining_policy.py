import pytest

from credit_default.errors import InputError
from credit_default.gates.monitoring.retraining_policy import (
    RetrainingPolicy,
    TrainingWindow,
    choose_window,
)


@pytest.mark.parametrize(
    ("policy", "window"),
    [
        (RetrainingPolicy(), TrainingWindow(None, "2025-03")),
        (RetrainingPolicy(window="sliding", window_months=6), TrainingWindow("2024-10", "2025-03")),
        (RetrainingPolicy(window="sliding", window_months=1), TrainingWindow("2025-03", "2025-03")),
    ],
)
def test_window_expands_or_slides(policy, window):
    assert choose_window(policy, newest_month="2025-03") == window


@pytest.mark.parametrize(
    "wrong",
    [{"window": "moving"}, {"window_months": 0}, {"budget_months": 0}, {"lingering_count": 0}],
)
def test_window_that_is_none_is_refused(wrong):
    with pytest.raises(InputError, match="setting retraining"):
        RetrainingPolicy(**wrong)
