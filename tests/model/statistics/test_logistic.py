import subprocess
import sys

import numpy as np
import pytest
import scipy.special

from credit_default.model.statistics import logistic

LOG_ODDS = np.array([-800.0, -35.0, -1.5, 0.0, 1.5, 35.0, 800.0, np.nan])


@pytest.mark.parametrize(
    ("name", "values"),
    [("expit", LOG_ODDS), ("log_expit", LOG_ODDS), ("logit", scipy.special.expit(LOG_ODDS))],
)
def test_function_is_scipys_to_the_bit(name, values):
    computed = getattr(logistic, name)(values)

    np.testing.assert_array_equal(computed, getattr(scipy.special, name)(values))


def test_settings_and_families_are_read_without_scipy():
    program = """
import sys
import credit_default.settings, credit_default.model.families.find_family
print([name for name in sys.modules if name.partition(".")[0] == "scipy"])
"""

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert told.strip() == "[]"
