import numpy as np
import pytest

from credit_default.gates.validation.distributions import (
    compare_counts,
    compare_labels,
    compare_values,
)

REFERENCE = np.array([112, 123, 124, 117, 124, 120, 119, 121, 120, 120])
CURRENT = np.array([86, 108, 83, 87, 84, 93, 87, 108, 82, 82])


def test_shift_is_that_of_another_implementation():
    shift = compare_counts(REFERENCE, CURRENT)

    # riskvalidation 1.0.1, stability_psi and stability_chi2.
    assert shift.psi == pytest.approx(0.010263273832589374, abs=1e-12)
    assert shift.psi_p_value == pytest.approx(0.8094088121674665, abs=1e-9)
    assert shift.p_value == pytest.approx(0.8081191351056634, abs=1e-9)


def test_missing_values_are_a_bin_of_their_own():
    values = np.linspace(0, 1, 1_000)
    holes = values.copy()
    holes[::4] = np.nan

    assert compare_values(values, holes).p_value < 1e-9
    assert compare_values(holes, holes).p_value == 1.0


def test_label_that_development_lacks_is_a_shift():
    shift = compare_labels(np.repeat(["a", "b"], 200), np.repeat(["a", "b", "c"], [150, 150, 100]))

    assert shift.bin_count == 3
    assert shift.p_value < 1e-9


def test_one_value_everywhere_is_no_shift():
    shift = compare_values(np.zeros(300), np.zeros(500))

    assert (shift.psi, shift.psi_p_value, shift.p_value) == (0.0, 1.0, 1.0)
