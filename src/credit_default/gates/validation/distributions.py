"""How far two distributions lie apart: counts by bin, the PSI and its null distribution."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from credit_default.model.profile.binning import Counts, plan_bins
from credit_default.model.profile.drift_distances import measure_population_stability_index
from credit_default.model.profile.two_sample_p_values import measure_homogeneity_p_value
from credit_default.model.statistics.bootstrap import FloatArray

PSI_SOURCE: Final = (
    "Siddiqi 2006, Credit Risk Scorecards; null distribution by Yurdakul and Naranjo 2020, "
    "Journal of Risk Model Validation 14(4)"
)


@dataclass(frozen=True, slots=True)
class Shift:
    """Two distributions compared.

    Attributes:
        psi: Population stability index.
        scaled_psi: The PSI in the units of its null distribution, chi-square.
        psi_p_value: From that distribution: right where no bin is thin.
        p_value: Of Pearson's chi-square of homogeneity, thin bins merged.
        bin_count: Bins with rows on either side.
    """

    psi: float
    scaled_psi: float
    psi_p_value: float
    p_value: float
    bin_count: int


def compare_counts(reference: Counts, current: Counts) -> Shift:
    """Return how far two arrays of counts by bin lie apart; both sides need rows."""
    used = (reference + current) > 0
    before, after = reference[used], current[used]
    psi = measure_population_stability_index(before, after)
    scaled = psi / (1 / before.sum() + 1 / after.sum())
    freedom = int(used.sum()) - 1
    return Shift(
        psi=psi,
        scaled_psi=float(scaled),
        psi_p_value=float(chi2.sf(scaled, freedom)) if freedom else 1.0,
        p_value=measure_homogeneity_p_value(before, after),
        bin_count=int(used.sum()),
    )


def compare_values(reference: FloatArray, current: FloatArray) -> Shift:
    """Return how far two samples of numbers lie apart, in bins of the reference; NaN is a bin."""
    bins = plan_bins(reference)
    before, after = (
        np.bincount(bins.assign_bins(values), minlength=bins.class_count)
        for values in (reference, current)
    )
    return compare_counts(before, after)


def compare_labels(reference: NDArray[Any], current: NDArray[Any]) -> Shift:
    """Return how far two samples of labels lie apart."""
    labels = np.union1d(reference, current)
    before, after = (count_labels(values, labels) for values in (reference, current))
    return compare_counts(before, after)


def count_labels(values: NDArray[Any], labels: NDArray[Any]) -> Counts:
    """Return how often each of the sorted labels occurs; every value must be one of them."""
    return np.bincount(np.searchsorted(labels, values), minlength=len(labels))
