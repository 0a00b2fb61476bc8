"""Promotion by two people: one requests it, another one approves.

Both names are kept with the version in the registry. An identity is what was declared by flag, by
setting or by the account that runs the command; nothing here proves it. Anyone who can write to the
registry can also write a name there: the rule is recorded here, and enforced by who has access to
the registry. The ledger gets the digest and the roles, and no names.
"""

import datetime as dt
import logging
import unicodedata
from dataclasses import dataclass

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.registry import Registry
from credit_default.errors import InputError, RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.version_events import PromotionRequested
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import (
    APPROVAL_REQUESTED,
    describe_gate_verdict,
    record_champion_change,
    require_reason,
    was_promoted,
)
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.identity import normalise_identity
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_REQUESTER, _BOTH = "a requester", "a requester and an approver"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PersonsDecision:
    """Who requested or approved the promotion, why, when, and of which model digest.

    Only a model with the digest that was requested can be approved.
    """

    by: str
    reason: str
    at: dt.datetime
    digest: str


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
    version = wiring.registry.find_version(number)
    _require_not_champion(version)
    wiring.registry.load_version(version)
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


def _require_not_champion(version: ModelVersion) -> None:
    if version.is_champion:
        raise InputError(
            f"version {version.number}",
            found="the champion",
            expected="a version that is not the champion",
            remedy="`credit-default models show` lists them.",
        )


def _find_or_record_request(
    wiring: Wiring, version: ModelVersion, wanted: PersonsDecision
) -> PersonsDecision:
    """Return the same person's earlier request for this digest, or record the one that is wanted."""
    request = find_request(wiring.lake, version)
    if (
        request is not None
        and request.digest == wanted.digest
        and _is_same_identity(request.by, wanted.by)
    ):
        return request
    wiring.registry.record_tags(version, _build_tags("requested", wanted))
    return wanted


def approve_promotion(
    wiring: Wiring, number: int, *, by: str, reason: str, decided_at: dt.datetime
) -> Summary:
    """Approve a requested promotion and make the version the champion.

    The approval is written to the version's tags first, then the alias is moved, then the ledger
    gets its entry. An approval that was cut short before it was on record is completed.

    Raises:
        InputError: There is no such version, its promotion was not requested, or no reason or no
            name was given.
        RefusedError: The person who approves is the one who requested it, or the version's digest
            is another than the one that was requested.
        ArtifactError: The version's artifact is not the one on record.
    """
    require_reason(reason)
    by = normalise_identity(by)
    version = wiring.registry.find_version(number)
    if not version.is_champion:
        record_champion_change(wiring)
    request = _require_promotion_request(wiring.lake, version)
    _require_valid_approval(version, request, by=by)
    if not version.is_champion:
        approval = PersonsDecision(by, reason, decided_at, version.digest)
        _promote_approved(wiring.registry, version, request, approval)
    hit_failpoint("approval.alias-moved")
    record_champion_change(wiring, by=_BOTH)
    hit_failpoint("approval.recorded")
    _LOG.info("promoted by two people model_version=%d digest=%s", number, version.digest)
    return Summary("models promote", f"version {number} is the champion", model_version=number)


def _promote_approved(
    registry: Registry, version: ModelVersion, request: PersonsDecision, approval: PersonsDecision
) -> None:
    """Tag the version with the approval and make it the champion, after its artifact was verified."""
    registry.load_version(version)
    registry.record_tags(version, _build_tags("approved", approval))
    hit_failpoint("approval.granted")
    decision = (
        f"by two people's decision: {request.by} requested it ({request.reason}), "
        f"{approval.by} approved it ({approval.reason})"
    )
    verdict = Verdict("promotion", "ok", (decision, *describe_gate_verdict(version)))
    registry.promote(version, verdict, promoted_at=approval.at)


def find_request(lake: Lake, version: ModelVersion) -> PersonsDecision | None:
    """Return the request for the version's promotion; None where there is none.

    A request that led to a promotion is used up once the version is no longer the champion.
    """
    tags = {
        name.removeprefix("requested_"): text
        for name, text in version.tags.items()
        if name.startswith("requested_")
    }
    if not {"by", "because", "at", "digest"} <= set(tags):
        return None
    at = dt.datetime.fromisoformat(tags["at"])
    if not version.is_champion and was_promoted(lake, version, since=at):
        return None
    return PersonsDecision(tags["by"], tags["because"], at, tags["digest"])


def _build_tags(prefix: str, decision: PersonsDecision) -> dict[str, str]:
    content = {
        "by": decision.by,
        "because": decision.reason,
        "at": decision.at.isoformat(),
        "digest": decision.digest,
    }
    return {f"{prefix}_{name}": value for name, value in content.items()}


def _require_promotion_request(lake: Lake, version: ModelVersion) -> PersonsDecision:
    request = find_request(lake, version)
    if request is None:
        raise InputError(
            f"version {version.number}",
            found="no request for its promotion",
            expected="one by another person",
            remedy=f"Request it first: credit-default models promote {version.number} --request --reason …",
        )
    return request


def _require_valid_approval(version: ModelVersion, request: PersonsDecision, *, by: str) -> None:
    if request.digest != version.digest:
        raise RefusedError(
            f"version {version.number}",
            found=f"digest {version.digest[:12]}",
            expected=f"digest {request.digest[:12]}, whose promotion was requested",
            remedy="Find out why the model changed, then request its promotion again.",
        )
    if _is_same_identity(request.by, by):
        raise RefusedError(
            f"version {version.number}",
            found=f"a request and an approval by {by}",
            expected="two people",
            remedy="Let another person approve; --by or the setting `identity` says who approves.",
        )


def _is_same_identity(one: str, other: str) -> bool:
    """Return whether two names are the same identity: case and Unicode form make no difference."""
    return (
        unicodedata.normalize("NFKC", one).casefold()
        == unicodedata.normalize("NFKC", other).casefold()
    )
