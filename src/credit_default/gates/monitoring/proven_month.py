"""Take back an alarm on drift where the model was right about clients like these.

Drift asks whether the clients look like those that the model was tested on. That is its test side
at first; every month whose outcomes show the model right is a test as well. Without it a model that
was right about a changed portfolio would raise the alarm for ever, and be trained again and again
(docs/adr/0023).
"""

from collections.abc import Iterable
from typing import Final

from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.months import add_months
from credit_default.gates.monitoring.alarms import GateFinding
from credit_default.gates.monitoring.monitoring_gates import FEED, PERFORMANCE
from credit_default.gates.verdict import Level, Verdict

_LEVELS: Final[tuple[Level, ...]] = ("not judged", "ok", "watch", "alarm", "refused")


def find_proven_batch(
    findings: Iterable[GateFinding], *, model_version: int, month: str
) -> GateFinding | None:
    """Return the newest batch about which the model was right when a month's statements came in.

    Performance was `ok`, the feed raised no alarm, and its outcomes were due before the month was
    scored, so that a batch which is monitored again is compared with the same one.

    Args:
        findings: What the gates found, in any order.
        model_version: The version that scored the batch, and must have scored this one.
        month: The statement month (YYYY-MM) of the batch to judge.

    Returns:
        The finding on its performance; None where the model was not right about any batch yet.
    """
    own = [found for found in findings if found.model_version == model_version]
    broken = {f.batch_id for f in own if (f.gate, f.level) == (FEED.name, "alarm")}
    newest = add_months(month, -MATURITY_MONTHS)
    proven = [
        found
        for found in own
        if (found.gate, found.level) == (PERFORMANCE.name, "ok")
        and found.statement_month <= newest
        and found.batch_id not in broken
    ]
    return max(proven, key=lambda found: (found.statement_month, found.batch_id), default=None)


def choose_drift_verdict(
    on_test_side: Verdict, on_proven: Verdict, *, proven_month: str
) -> Verdict:
    """Return the milder of two verdicts on the drift of one batch, with the reasons of both.

    Args:
        on_test_side: The verdict against the model's reference.
        on_proven: The verdict against the newest month about which the model was right.
        proven_month: That month (YYYY-MM).

    Returns:
        The verdict against the reference as it is, where the other one is no milder.
    """
    if _LEVELS.index(on_proven.level) >= _LEVELS.index(on_test_side.level):
        return on_test_side
    reasons = (
        f"compared with {proven_month}, about which the model was right: {on_proven.reasons[0]}",
        *on_proven.reasons[1:],
        f"compared with its test rows: {on_test_side.reasons[0]}",
    )
    figures = {**on_proven.figures, "test_side_score_drift": on_test_side.figures["score_drift"]}
    return Verdict(on_proven.gate, on_proven.level, reasons, figures)
