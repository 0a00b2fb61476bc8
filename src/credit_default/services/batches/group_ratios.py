"""How often each group of a batch is accepted beside the most accepted one, with its interval.

The findings keep the lowest ratio of each attribute only; the others are counted again here, from the batch itself.
"""

from dataclasses import dataclass
from typing import Final

from credit_default.gates.monitoring.fairness_drift import GroupRatio
from credit_default.services.batches.figure_words import name_column
from credit_default.services.batches.kept_values import keep_value
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_performance import measure_acceptance
from credit_default.services.monitoring.monitored_batch import find_batch

_ANSWER_SECONDS: Final = 1.0  # that MLflow has to answer its health check


@dataclass(frozen=True, slots=True)
class GroupAcceptanceNow:
    """One group of a batch: its ratio with the interval of 95 %, and its ratio on the model's test side."""

    label: str  # attribute and group in words
    ratio: float
    low: float
    high: float
    reference_ratio: float


def read_group_ratios(
    wiring: Wiring, batch_id: str, *, model_version: int
) -> tuple[GroupAcceptanceNow, ...]:
    """Return the groups of the batch as that version decided on them, in the order of the attributes.

    Raises:
        ServiceError: MLflow, where the model's reference is, does not answer.
    """

    def measure() -> tuple[GroupAcceptanceNow, ...]:
        wiring.tracking.wait_for_store(timeout_seconds=_ANSWER_SECONDS)
        batch = find_batch(wiring, batch_id, model_version=model_version)
        found = measure_acceptance(wiring, batch)
        return tuple(_describe(ratio) for ratio in found)

    return keep_value(
        measure,
        name="group ratios",
        lake=wiring.lake,
        tables=("scores",),
        key=(batch_id, model_version, wiring.settings.fairness_drift, wiring.settings.fairness),
    )


def _describe(ratio: GroupRatio) -> GroupAcceptanceNow:
    low, high = ratio.measure_interval()
    label = f"{name_column(ratio.attribute)}: {ratio.group}"
    return GroupAcceptanceNow(label, ratio.ratio, low, high, ratio.reference_ratio)
