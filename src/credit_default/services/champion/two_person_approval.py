"""Promotion by two people: one requests it, another one approves or refuses.

Both names are kept with the version in the registry. An identity is what was declared by flag, by
setting or by the account that runs the command, or who signed in to the control room; nothing here
proves it. Anyone who can write to the registry can also write a name there: the rule is recorded
here, and enforced by who has access to the registry. The ledger gets the digest and the roles, and no names.
"""

import datetime as dt
import logging
from typing import Final

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.registry import Registry
from credit_default.errors import RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.version_events import PromotionRefused, PromotionRequested
from credit_default.services.champion.alias_history import (
    APPROVAL_REQUESTED,
    build_persons_verdict,
    record_champion_change,
    require_reason,
)
from credit_default.services.champion.champion_state import (
    ChampionState,
    lock_champion,
    require_unmoved,
)
from credit_default.services.champion.promotion_requests import (
    PersonsDecision,
    build_decision_tags,
    find_refusal,
    find_request,
    read_decision,
    require_not_champion,
    require_request,
)
from credit_default.services.champion.version_page import write_champion_pages
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.identity import is_same_identity, normalise_identity
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

REFUSED: Final = "promotion refused"
_REQUESTER, _APPROVER, _BOTH = "a requester", "an approver", "a requester and an approver"

_LOG = logging.getLogger(__name__)


def request_promotion(
    wiring: Wiring, number: int, *, by: str, reason: str, decided_at: dt.datetime
) -> Summary:
    """Request the version's promotion, after its artifact was verified.

    Repeating the request changes nothing.

    Raises:
        InputError: There is no such version, it is the champion already, or no reason or no name
            was given.
        ArtifactError: The version's artifact is not the one on record.
    """
    require_reason(reason)
    by = normalise_identity(by)
    wiring.registry.load_version(wiring.registry.find_version(number))
    with lock_champion(wiring):
        version = wiring.registry.find_version(number)
        require_not_champion(version)
        wanted = PersonsDecision(by, reason, decided_at, version.digest)
        request = _find_or_record_request(wiring, version, wanted)
    hit_failpoint("approval.requested")
    append_ledger_entry(
        wiring,
        PromotionRequested(model_digest=version.digest, by=_REQUESTER),
        key=f"{PromotionRequested.name} v{number} {request.at.isoformat()}",
        at=request.at,
        model_version=number,
    )
    _LOG.info("promotion requested model_version=%d digest=%s", number, version.digest)
    next_step = (
        f"another person approves: credit-default models promote {number} --approve --reason …"
    )
    return Summary("models promote", APPROVAL_REQUESTED, model_version=number, notes=(next_step,))


def _find_or_record_request(
    wiring: Wiring, version: ModelVersion, wanted: PersonsDecision
) -> PersonsDecision:
    """Return the same person's earlier request for this digest, or record the one that is wanted."""
    request = find_request(wiring.lake, version)
    if (
        request is not None
        and request.digest == wanted.digest
        and is_same_identity(request.by, wanted.by)
    ):
        return request
    wiring.registry.record_tags(version, build_decision_tags("requested", wanted))
    return wanted


def approve_promotion(
    wiring: Wiring,
    number: int,
    *,
    by: str,
    reason: str,
    decided_at: dt.datetime,
    seen: ChampionState | None = None,
) -> Summary:
    """Approve a requested promotion and make the version the champion.

    The approval is written to the version's tags first, then the alias is moved, then the ledger
    gets its entry. An approval that was cut short before it was on record is completed. `seen` is
    what the person saw when deciding; the same person's approval again changes nothing.

    Raises:
        InputError: There is no such version, its promotion was not requested, or no reason or no
            name was given.
        RefusedError: The person who approves is the one who requested it, the version's digest is
            another than the one that was requested, or the champion is no longer the one `seen`.
        ArtifactError: The version's artifact is not the one on record.
    """
    require_reason(reason)
    by = normalise_identity(by)
    with lock_champion(wiring):
        version = wiring.registry.find_version(number)
        if not _has_approved(version, by):
            require_unmoved(wiring, seen, version)
        if not version.is_champion:
            record_champion_change(wiring)
        request = require_request(wiring.lake, version)
        _require_valid_approval(version, request, by=by)
        if not version.is_champion:
            approval = PersonsDecision(by, reason, decided_at, version.digest)
            _promote_approved(wiring.registry, version, request, approval)
        hit_failpoint("approval.alias-moved")
        record_champion_change(wiring, by=_BOTH)
    hit_failpoint("approval.recorded")
    write_champion_pages(wiring)
    _LOG.info("promoted by two people model_version=%d digest=%s", number, version.digest)
    return Summary("models promote", f"version {number} is the champion", model_version=number)


def _has_approved(version: ModelVersion, by: str) -> bool:
    approval = read_decision(version.tags, "approved")
    return version.is_champion and approval is not None and is_same_identity(approval.by, by)


def refuse_promotion(
    wiring: Wiring,
    number: int,
    *,
    by: str,
    reason: str,
    decided_at: dt.datetime,
    seen: ChampionState | None = None,
) -> Summary:
    """Refuse a requested promotion: the champion stays, and the request is used up.

    Who requested it may withdraw it so too. The refusal is written to the version's tags first, then
    the ledger gets its entry; refusing it again completes that, and changes nothing else. `seen` is
    what the person saw when deciding.

    Raises:
        InputError: There is no such version, it is the champion, its promotion was not requested, or
            no reason or no name was given.
        RefusedError: The champion or the request is no longer the one `seen`.
    """
    require_reason(reason)
    by = normalise_identity(by)
    with lock_champion(wiring):
        version = wiring.registry.find_version(number)
        refusal = find_refusal(version)
        if refusal is None or not is_same_identity(refusal.by, by):
            require_unmoved(wiring, seen, version)
        require_not_champion(version)
        if refusal is None:
            request = require_request(wiring.lake, version)
            refusal = PersonsDecision(by, reason, decided_at, request.digest)
            wiring.registry.record_tags(version, build_decision_tags("refused", refusal))
        _record_refusal(wiring, version, refusal)
    _LOG.info("promotion refused model_version=%d digest=%s", number, version.digest)
    note = f"refused by {refusal.by}: {refusal.reason}"
    return Summary("models promote", REFUSED, model_version=number, notes=(note,))


def _record_refusal(wiring: Wiring, version: ModelVersion, refusal: PersonsDecision) -> None:
    hit_failpoint("approval.refused")
    requester = version.tags["requested_by"]
    append_ledger_entry(
        wiring,
        PromotionRefused(
            model_digest=refusal.digest,
            by=_REQUESTER if is_same_identity(requester, refusal.by) else _APPROVER,
        ),
        key=f"{PromotionRefused.name} v{version.number} {refusal.at.isoformat()}",
        at=refusal.at,
        model_version=version.number,
    )


def _promote_approved(
    registry: Registry, version: ModelVersion, request: PersonsDecision, approval: PersonsDecision
) -> None:
    """Tag the version with the approval and make it the champion, after its artifact was verified."""
    registry.load_version(version)
    registry.record_tags(version, build_decision_tags("approved", approval))
    hit_failpoint("approval.granted")
    decision = (
        f"by two people's decision: {request.by} requested it ({request.reason}), "
        f"{approval.by} approved it ({approval.reason})"
    )
    registry.promote(version, build_persons_verdict(version, decision), promoted_at=approval.at)


def _require_valid_approval(version: ModelVersion, request: PersonsDecision, *, by: str) -> None:
    if request.digest != version.digest:
        raise RefusedError(
            f"version {version.number}",
            found=f"digest {version.digest[:12]}",
            expected=f"digest {request.digest[:12]}, whose promotion was requested",
            remedy="Find out why the model changed, then request its promotion again.",
        )
    if is_same_identity(request.by, by):
        raise RefusedError(
            f"version {version.number}",
            found=f"a request and an approval by {by}",
            expected="two people",
            remedy="Let another person approve: who signed in, or whom --by or the setting `identity` names.",
        )
