"""Draw the reports that are owed: after the verdicts, after a kill, or after a failure. Drawing again changes nothing.

One process at a time draws on a machine. A second one leaves its report to the first, which looks again before it ends.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from credit_default.adapters.lake.owed_reports import (
    clear_owed_report,
    list_owed_reports,
    read_owed_report,
)
from credit_default.errors import ArtifactError, CreditDefaultError
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.drift_publication import draw_report
from credit_default.services.monitoring.report_order import (
    ReportOrder,
    parse_order,
    record_fault,
)

_LOG = logging.getLogger(__name__)
_LOCK = "reports"


@dataclass(frozen=True, slots=True)
class DrawnReports:
    """What became of the reports that were owed, in words, one line a report."""

    drawn: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    in_progress: bool = False  # another process draws, and draws what is left too


def draw_owed_reports(wiring: Wiring, *, wait: bool = False) -> DrawnReports:
    """Draw every report that is owed, and return what became of each.

    A report that cannot be drawn stays owed, with the reason on record.

    Args:
        wiring: The lake, the models and MLflow.
        wait: Wait for a process that draws; by default what is left is left to it.
    """
    drawn, failed = dict[str, str](), dict[str, str]()
    while owed := _list_owed(wiring, excluding=failed):
        with _hold_lock(wiring, wait=wait) as is_held:
            if not is_held:
                return DrawnReports(tuple(drawn.values()), tuple(failed.values()), in_progress=True)
            for key in owed:
                _draw(wiring, key, drawn=drawn, failed=failed)
    return DrawnReports(tuple(drawn.values()), tuple(failed.values()))


def is_drawing(wiring: Wiring) -> bool:
    """Return whether a process of this machine draws now; it looks for what is owed once more before it ends."""
    with wiring.lake.try_lock(_LOCK) as is_free:
        return not is_free


@contextmanager
def _hold_lock(wiring: Wiring, *, wait: bool) -> Iterator[bool]:
    if not wait:
        with wiring.lake.try_lock(_LOCK) as is_held:
            yield is_held
        return
    with wiring.lake.hold_lock(_LOCK):
        yield True


def _list_owed(wiring: Wiring, *, excluding: Collection[str]) -> list[str]:
    """Return the keys of the owed reports; those that failed before come last, and keep no other from being drawn."""
    keys = [key for key in list_owed_reports(wiring.lake) if key not in excluding]
    return sorted(keys, key=lambda key: _has_failed(wiring, key))


def _has_failed(wiring: Wiring, key: str) -> bool:
    try:
        return bool((read_owed_report(wiring.lake, key) or {}).get("fault"))
    except ArtifactError:
        return True


def _draw(wiring: Wiring, key: str, *, drawn: dict[str, str], failed: dict[str, str]) -> None:
    order = None
    try:
        content = read_owed_report(wiring.lake, key)
        if content is None:
            return  # drawn by the process that held the lock before
        order = parse_order(key, content)
        draw_report(wiring, order)
    except CreditDefaultError as error:
        _LOG.warning("report is not drawn key=%s: %s", key, error)
        _record_fault(wiring, order, str(error))
        failed[key] = f"{_name(order) if order else key} is not drawn yet: {error}"
    except Exception as error:
        _record_fault(wiring, order, f"{type(error).__name__}: {error}")
        raise
    else:
        clear_owed_report(wiring.lake, key, drawn=content)
        _LOG.info("drew report batch_id=%s model_version=%d", order.batch_id, order.model_version)
        drawn[key] = f"drew the {_name(order)}"


def _name(order: ReportOrder) -> str:
    return f"report of batch {order.batch_id}, version {order.model_version}"


def _record_fault(wiring: Wiring, order: ReportOrder | None, fault: str) -> None:
    if order is not None:
        record_fault(wiring.lake, order, fault)
