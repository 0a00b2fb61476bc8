"""Draw the reports that are owed: after the verdicts, after a kill, or after a failure. Drawing again changes nothing.

One process at a time draws on a machine. A second one leaves its report to the first, which looks again before it ends.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from credit_default.adapters.lake.owed_reports import (
    clear_owed_report,
    list_owed_reports,
    read_owed_report,
)
from credit_default.errors import CreditDefaultError
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.drift_publication import draw_report
from credit_default.services.monitoring.report_order import parse_order, record_fault

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
            for key, content in owed.items():
                _draw(wiring, key, content, drawn=drawn, failed=failed)
    return DrawnReports(tuple(drawn.values()), tuple(failed.values()))


@contextmanager
def _hold_lock(wiring: Wiring, *, wait: bool) -> Iterator[bool]:
    if not wait:
        with wiring.lake.try_lock(_LOCK) as is_held:
            yield is_held
        return
    with wiring.lake.hold_lock(_LOCK):
        yield True


def _list_owed(wiring: Wiring, *, excluding: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return what is on record of each owed report; those that failed before come last, and keep none from being drawn."""
    found = {
        key: content
        for key in list_owed_reports(wiring.lake)
        if key not in excluding and (content := read_owed_report(wiring.lake, key)) is not None
    }
    return dict(sorted(found.items(), key=lambda item: bool(item[1].get("fault"))))


def _draw(
    wiring: Wiring,
    key: str,
    content: Mapping[str, Any],
    *,
    drawn: dict[str, str],
    failed: dict[str, str],
) -> None:
    if read_owed_report(wiring.lake, key) is None:
        return  # drawn by the process that held the lock before
    order = parse_order(key, content)
    name = f"report of batch {order.batch_id}, version {order.model_version}"
    try:
        draw_report(wiring, order)
    except CreditDefaultError as error:
        _LOG.warning("report is not drawn batch_id=%s: %s", order.batch_id, error)
        record_fault(wiring.lake, order, str(error))
        failed[key] = f"{name} is not drawn yet: {error}"
    except Exception as error:
        record_fault(wiring.lake, order, f"{type(error).__name__}: {error}")
        raise
    else:
        clear_owed_report(wiring.lake, key, drawn=content)
        _LOG.info("drew report batch_id=%s model_version=%d", order.batch_id, order.model_version)
        drawn[key] = f"drew the {name}"
