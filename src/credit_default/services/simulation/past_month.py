"""A month that was judged in a drill, as the months after it see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from credit_default.data.checking.validation import ValidationResult
from credit_default.data.months import count_months
from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.gates.monitoring.alarms import GateFinding
from credit_default.gates.monitoring.proven_month import find_proven_batch
from credit_default.gates.monitoring.volume import Delivery
from credit_default.gates.verdict import Level
from credit_default.model.profile.column_counts import Profile
from credit_default.services.monitoring.batch_drift import ProvenMonth
from credit_default.services.monitoring.feed_and_volume import PreviousColumns

_DAYS_IN_MONTH: Final = 30.0
_VERSION: Final = 1  # a drill has one model


@dataclass(frozen=True, slots=True)
class PastMonth:
    """What later months are compared with: how a month was delivered, and the profile of its rows."""

    delivery: Delivery
    statement_month: str  # YYYY-MM
    rejected_share: float  # 0-1, of the rows read
    profile: Profile
    levels: Mapping[str, Level] = field(default_factory=dict)  # of each gate


def describe_past_month(
    month: DeliveredMonth,
    checked: ValidationResult,
    current: Profile,
    earlier: Sequence[PastMonth],
) -> PastMonth:
    """Return how the month was delivered after the earlier ones; its levels are not known yet."""
    age, step, wait = 1 + month.arrival_delay, None, None
    if earlier:
        step = count_months(earlier[-1].statement_month, month.statement_month)
        wait = _DAYS_IN_MONTH * (1 + month.arrival_delay)
    return PastMonth(
        Delivery(checked.row_count, age_months=age, month_step=step, wait_days=wait),
        month.statement_month,
        checked.rejected_count / checked.row_count,
        current,
    )


def find_proven_month(earlier: Sequence[PastMonth], month: str) -> ProvenMonth | None:
    """Return the newest of the months about which the model was right, as monitoring finds it."""
    findings = [
        GateFinding(gate, _VERSION, str(place), before.statement_month, level)
        for place, before in enumerate(earlier)
        for gate, level in before.levels.items()
    ]
    found = find_proven_batch(findings, model_version=_VERSION, month=month)
    if found is None:
        return None
    return ProvenMonth(found.statement_month, earlier[int(found.batch_id)].profile)


def read_previous_columns(earlier: Sequence[PastMonth]) -> PreviousColumns:
    """Return the columns of the newest of the earlier months."""
    if not earlier:
        return PreviousColumns()
    columns = earlier[-1].profile.columns
    return PreviousColumns(
        {name: column.fingerprint for name, column in columns.items()},
        {name: column.counts for name, column in columns.items()},
    )
