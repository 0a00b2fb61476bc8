"""Does each variable still tell defaulters from payers, and in the same direction?"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import chi2

from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    leave_unjudged,
    measure_both_tails,
)
from credit_default.gates.validation.ranking import Estimate, measure_area
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.profile.binning import Bins, plan_bins
from credit_default.model.statistics.bootstrap import FloatArray

_SIDDIQI: Final = "Siddiqi 2006, Credit Risk Scorecards"
_FEWEST_CELL: Final = 5.0  # defaults and payers of a range, for its log odds to be near normal
_IN_BOTH: Final = "no variable is in the sample and in development"


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceTable:
    """Weight of evidence by range of a variable: one entry a range that has rows, in every array.

    Attributes:
        place: The range's number among the variable's bins; the last one is missing values.
        paid_count: Payers.
        default_count: Defaulters.
        weight_of_evidence: Log of the share of the payers over the share of the defaulters that
            fall into the range, each count half a row larger.
        information_value: Of the variable as a whole.
    """

    place: np.ndarray
    paid_count: FloatArray
    default_count: FloatArray
    weight_of_evidence: FloatArray
    information_value: float


def measure_evidence(bins: Bins, values: FloatArray, outcomes: FloatArray) -> EvidenceTable:
    """Return the weights of evidence of a variable (Siddiqi 2006, Credit Risk Scorecards).

    Args:
        bins: The variable's bins, of the development.
        values: The variable; NaN is a range of its own.
        outcomes: 0 or 1, in the order of `values`.
    """
    ranges = bins.assign_bins(values)
    paid, defaults = (
        np.bincount(ranges[outcomes == outcome], minlength=bins.class_count).astype(np.float64)
        for outcome in (0, 1)
    )
    used = np.flatnonzero(paid + defaults)
    paid, defaults = paid[used], defaults[used]
    shares = [(counts + 0.5) / (counts + 0.5).sum() for counts in (paid, defaults)]
    weight = np.log(shares[0] / shares[1])
    value = float(((shares[0] - shares[1]) * weight).sum())
    return EvidenceTable(used, paid, defaults, weight, value)


def _list_common(inputs: ValidationInput) -> list[str]:
    return [name for name in inputs.known_now.variables if name in inputs.known_then.variables]


def _judge_areas(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for name in _list_common(inputs):
        then, now = (_measure_area(rows, name) for rows in (inputs.known_then, inputs.known_now))
        if then is None or now is None or not then.variance + now.variance:
            continue
        # Two-sided: a direction read from the development's own figure would bias the difference.
        z = float((now.value - then.value) / np.sqrt(then.variance + now.variance))
        words = f"ROC AUC {now.value:.3f}, in development {then.value:.3f}"
        figures = {"roc_auc": now.value, "development_roc_auc": then.value}
        family.append(Measured(z, measure_both_tails(z), words, name, figures))
    return judge_family(family, inputs.policy) if family else (leave_unjudged(_IN_BOTH),)


def _measure_area(known: ScoredSample, name: str) -> Estimate | None:
    """Return the area of a variable alone, missing values left out; None with too few outcomes."""
    values = known.variables[name]
    present = ~np.isnan(values)
    outcomes = known.outcomes[present]
    if min(outcomes.sum(), len(outcomes) - outcomes.sum()) < 2:  # noqa: PLR2004
        return None
    return measure_area(outcomes, values[present])


def _show_information(inputs: ValidationInput) -> tuple[Finding, ...]:
    findings = []
    for name, values in inputs.known_now.variables.items():
        reference = inputs.known_then.variables.get(name, values)
        table = measure_evidence(plan_bins(reference), values, inputs.known_now.outcomes)
        words = f"information value {table.information_value:.3f} over {len(table.place)} ranges"
        figures = {
            f"weight_of_evidence_{int(place) + 1}": float(weight)
            for place, weight in zip(table.place, table.weight_of_evidence, strict=True)
        }
        findings.append(
            Finding("for information", words, table.information_value, None, name, figures)
        )
    return tuple(findings)


def _judge_evidence(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for name in _list_common(inputs):
        bins = plan_bins(inputs.known_then.variables[name])
        then, now = (
            measure_evidence(bins, rows.variables[name], rows.outcomes)
            for rows in (inputs.known_then, inputs.known_now)
        )
        statistic, freedom = measure_evidence_change(then, now)
        if freedom:
            words = (
                f"information value {now.information_value:.3f}, "
                f"in development {then.information_value:.3f}"
            )
            family.append(Measured(statistic, float(chi2.sf(statistic, freedom)), words, name))
    return judge_family(family, inputs.policy) if family else (leave_unjudged(_IN_BOTH),)


def measure_evidence_change(then: EvidenceTable, now: EvidenceTable) -> tuple[float, int]:
    """Return the chi-square of equal log odds by range, up to a common level, and its freedom.

    Woolf's homogeneity of log odds ratios (1955, Annals of Human Genetics 19, 251-253): ranges with
    fewer than five of an outcome on a side are left out.
    """
    _, first, second = np.intersect1d(then.place, now.place, return_indices=True)
    cells = np.stack(
        [
            then.paid_count[first],
            then.default_count[first],
            now.paid_count[second],
            now.default_count[second],
        ]
    )
    cells = cells[:, (cells >= _FEWEST_CELL).all(axis=0)] + 0.5
    if cells.shape[1] < 2:  # noqa: PLR2004
        return 0.0, 0
    change = np.log(cells[1] / cells[0]) - np.log(cells[3] / cells[2])
    weight = 1 / (1 / cells).sum(axis=0)
    middle = (weight * change).sum() / weight.sum()
    return float((weight * (change - middle) ** 2).sum()), cells.shape[1] - 1


TESTS: Final = (
    ValidationTest(
        "variables.auc",
        "variables",
        "ROC AUC of each variable against development",
        "z, with the variance of both areas",
        "The variable ranks as well, and in the same direction, as in development.",
        "DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845; Holm over the variables",
        _judge_areas,
        ("outcomes", "variables", "reference outcomes"),
    ),
    ValidationTest(
        "variables.information_value",
        "variables",
        "Weight of evidence and information value",
        "information value",
        "None: a description.",
        _SIDDIQI,
        _show_information,
        ("outcomes", "variables"),
    ),
    ValidationTest(
        "variables.weight_of_evidence",
        "variables",
        "Weight of evidence against development",
        "chi-square",
        "The variable's ranges differ in risk as in development, whatever the level.",
        f"{_SIDDIQI}; Woolf 1955, Annals of Human Genetics 19, 251-253; Holm over the variables",
        _judge_evidence,
        ("outcomes", "variables", "reference outcomes"),
    ),
)
