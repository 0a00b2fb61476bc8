import math

import pytest

from credit_default.errors import RefusedError
from credit_default.model.evaluation.leakage_check import LeakCeilingPolicy, check_leak_ceiling


def test_figure_above_the_ceiling_is_a_leak_to_be_found():
    with pytest.raises(
        RefusedError,
        match=r"boosting: found an ROC AUC of 0\.8001 on 30,000 rows .* Look for the leak",
    ):
        check_leak_ceiling(0.8001, row_count=30_000, thing="boosting")


@pytest.mark.parametrize("believable", [0.5, 0.79, 0.80])
def test_figure_up_to_the_ceiling_is_believed(believable):
    check_leak_ceiling(believable, row_count=30_000, thing="forest")


def test_figure_that_is_no_number_is_not_believed():
    with pytest.raises(RefusedError):
        check_leak_ceiling(math.nan, row_count=30_000, thing="forest")


def test_few_rows_may_be_lucky():
    check_leak_ceiling(0.81, row_count=9_999, thing="forest")


def test_another_ceiling_can_be_set():
    with pytest.raises(RefusedError, match=r"expected 0\.70 at most"):
        check_leak_ceiling(
            0.71,
            row_count=5,
            thing="forest",
            policy=LeakCeilingPolicy(highest_roc_auc=0.70, fewest_rows=5),
        )


def test_enough_rows_are_ten_thousand():
    with pytest.raises(RefusedError, match=r"0\.8100 on 10,000 rows .* 0\.80 at most"):
        check_leak_ceiling(0.81, row_count=10_000, thing="forest")
