"""Record a person's decision that differs from the model's, and measure how often that happens and how it turns out.

The score never changes. The row goes into the table first and into the ledger after it; where a run dies between the two,
giving the same override again completes it.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from credit_default.adapters.tables.overrides import read_overrides, write_override
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.governance.override import Override
from credit_default.gates.ledger.governance_events import DecisionOverridden
from credit_default.model.estimator.decision import ACCEPT, DECLINE
from credit_default.services.champion.alias_history import require_reason
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.erasure_lock import hold_off_erasures
from credit_default.services.context.identity import normalise_identity
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.client_scores import find_client_score
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


def override_decision(
    wiring: Wiring,
    batch_id: str,
    client_id: str,
    *,
    decision: str,
    reason: str,
    by: str,
    decided_at: dt.datetime,
    salt: str,
) -> Summary:
    """Record that a person decides otherwise about the client's newest score in the batch.

    The same decision again changes nothing. The scored decision takes an earlier override back.

    Args:
        wiring: The lake.
        batch_id: As `predict` printed it.
        client_id: A client of that batch.
        decision: `accept` or `decline`.
        reason: Why; kept in the table and not in the ledger, like the name.
        by: Who decides.
        decided_at: The time to put on record.
        salt: Random hexadecimal digits, for the row's digest.

    Raises:
        InputError: The batch was never scored or has no such client, the decision is neither of the two or
            is the scored one and nothing was overridden, or no reason or no name was given.
    """
    require_reason(reason)
    _require_decision(decision)
    said = {"decision": decision, "reason": reason, "decided_by": normalise_identity(by)}
    with hold_off_erasures(wiring):
        in_force = _override(
            wiring, batch_id, client_id, said={**said, "salt": salt}, decided_at=decided_at
        )
    _LOG.info("overrode a decision batch_id=%s decision=%s", batch_id, decision)
    return _summarise(in_force)


def _override(
    wiring: Wiring,
    batch_id: str,
    client_id: str,
    *,
    said: Mapping[str, str],
    decided_at: dt.datetime,
) -> Override:
    decision = said["decision"]
    score = find_client_score(wiring.lake, batch_id, client_id)
    in_force = _find_override(wiring, score)
    if in_force is None and decision == score["decision"]:
        raise InputError(
            f"client {client_id[:64]!r}",
            found=f"already scored {decision!r}",
            expected="another decision than the scored one",
            remedy="Nothing has to be overridden.",
        )
    if in_force is None or in_force.decision != decision:
        in_force = _build_override(score, decided_at=decided_at, **said)
        write_override(wiring.lake, in_force)
        hit_failpoint("override.written")
    _append_entry(wiring, in_force)
    return in_force


def list_overrides_in_force(wiring: Wiring, *, batch_id: str | None = None) -> tuple[Override, ...]:
    """Return the last override of each batch, version, client and month, where it differs from the scored decision."""
    last = {
        (one.batch_id, one.model_version, one.client_id, one.statement_month): one
        for one in read_overrides(wiring.lake, batch_id=batch_id)
    }
    return tuple(one for one in last.values() if one.decision != one.scored_decision)


def _build_override(score: Mapping[str, Any], *, decided_at: dt.datetime, **said: str) -> Override:
    return Override(
        batch_id=score["batch_id"],
        model_version=int(score["model_version"]),
        client_id=score["client_id"],
        statement_month=score["statement_month"],
        scored_decision=score["decision"],
        decided_at=decided_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        **said,
    )


def _summarise(override: Override) -> Summary:
    is_taken_back = override.decision == override.scored_decision
    note = (
        f"scored {override.scored_decision}, decided {override.decision} by {override.decided_by}; "
        "the score stays as it is"
    )
    return Summary(
        "decisions override",
        "taken back" if is_taken_back else f"overridden: {override.decision}",
        batch_id=override.batch_id,
        model_version=override.model_version,
        notes=(note,),
    )


def _find_override(wiring: Wiring, score: Mapping[str, Any]) -> Override | None:
    """Return the last override of that score, also one that took another back; None where there is none."""
    key = (score["model_version"], score["client_id"], score["statement_month"])
    own = [
        one
        for one in read_overrides(wiring.lake, batch_id=score["batch_id"])
        if (one.model_version, one.client_id, one.statement_month) == key
    ]
    return own[-1] if own else None


def _append_entry(wiring: Wiring, override: Override) -> None:
    digest = override.compute_digest()
    append_ledger_entry(
        wiring,
        DecisionOverridden(
            scored_decision=override.scored_decision,
            decision=override.decision,
            record_digest=digest,
        ),
        key=f"{DecisionOverridden.name} {digest}",
        at=dt.datetime.fromisoformat(override.decided_at),
        batch_id=override.batch_id,
        model_version=override.model_version,
    )


def _require_decision(decision: str) -> None:
    if decision not in (ACCEPT, DECLINE):
        raise InputError(
            "--to",
            found=repr(decision[:40]),
            expected=f"{ACCEPT} or {DECLINE}",
            remedy="Name the decision that takes the place of the scored one.",
        )
