"""A seat that takes two people: one asks for it, another one agrees. Both stand with the version in the registry.

An identity is what was declared by flag, by setting or by the account that runs the command; nothing here proves it. Who may
write to the registry can write a name too: access to it is where the rule is enforced, this is where it is kept. The
ledger gets the digest and the roles, as it holds nobody's name.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.errors import InputError, RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import (
    APPROVAL_REQUESTED,
    describe_gate_verdict,
    record_champion_change,
    require_reason,
    was_promoted,
)
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_REQUESTER, _BOTH = "a requester", "a requester and an approver"
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """Who asked for the seat, why, when, and for which digest: what is approved is what was asked for."""

    by: str
    reason: str
    at: dt.datetime
    digest: str


def request_promotion(
    wiring: Wiring, number: int, *, by: str, reason: str, decided_at: dt.datetime
) -> Summary:
    """The summary, after the request stands on the version; its artifact is verified first. Asking again changes nothing.

    Raises:
        InputError: there is no such version, it is the champion, or no reason or nobody was named.
        ArtifactError: its artifact is not the one on record.
    """
    require_reason(reason)
    by = _normalise_identity(by)
    version = wiring.registry.find_version(number)
    if version.is_champion:
        raise InputError(
            f"version {number}",
            found="the champion",
            expected="a version without the seat",
            remedy="`credit-default models show` lists them.",
        )
    wiring.registry.load_version(version)
    request = find_request(wiring, version)
    if request is None or request.digest != version.digest or not _is_same_identity(request.by, by):
        request = PromotionRequest(by, reason, decided_at, version.digest)
        wiring.registry.record_tags(version, _build_request_tags(request))
    hit_failpoint("approval.requested")
    append_ledger_entry(
        wiring,
        "promotion requested",
        key=f"promotion requested v{number} {request.at.isoformat()}",
        at=request.at,
        model_version=number,
        details={"model_digest": version.digest, "by": _REQUESTER},
    )
    next_step = (
        f"another person approves: credit-default models promote {number} --approve --reason …"
    )
    return Summary("models promote", APPROVAL_REQUESTED, model_version=number, notes=(next_step,))


def approve_promotion(
    wiring: Wiring, number: int, *, by: str, reason: str, decided_at: dt.datetime
) -> Summary:
    """The summary, after the version has the seat; an approval that died before it was on record is completed.

    Tags come first, the seat after them, the ledger last.

    Raises:
        InputError: there is no such version, nobody asked for it, or no reason or nobody was named.
        RefusedError: the one who asked is the one who approves, or what was asked for is not what stands there.
        ArtifactError: its artifact is not the one on record.
    """
    require_reason(reason)
    by = _normalise_identity(by)
    version = wiring.registry.find_version(number)
    if not version.is_champion:
        record_champion_change(wiring)
    request = _require_promotion_request(wiring, version)
    _require_valid_approval(version, request, by=by)
    if not version.is_champion:
        wiring.registry.load_version(version)
        approval = {
            "by": by,
            "because": reason,
            "at": decided_at.isoformat(),
            "digest": version.digest,
        }
        wiring.registry.record_tags(
            version, {f"approved_{name}": value for name, value in approval.items()}
        )
        hit_failpoint("approval.granted")
        told = f"by two people's decision: {request.by} asked ({request.reason}), {by} approved ({reason})"
        verdict = Verdict("promotion", "ok", (told, *describe_gate_verdict(version)))
        wiring.registry.promote(version, verdict, promoted_at=decided_at)
    hit_failpoint("approval.seated")
    record_champion_change(wiring, by=_BOTH)
    hit_failpoint("approval.recorded")
    return Summary("models promote", f"version {number} is the champion", model_version=number)


def find_request(wiring: Wiring, version: ModelVersion) -> PromotionRequest | None:
    """The request that stands on the version, or None; one that has led to the seat is used up when the seat is left."""
    tags = {
        name.removeprefix("requested_"): text
        for name, text in version.tags.items()
        if name.startswith("requested_")
    }
    if not {"by", "because", "at", "digest"} <= set(tags):
        return None
    at = dt.datetime.fromisoformat(tags["at"])
    if not version.is_champion and was_promoted(wiring, version, since=at):
        return None
    return PromotionRequest(tags["by"], tags["because"], at, tags["digest"])


def _build_request_tags(request: PromotionRequest) -> dict[str, str]:
    content = {
        "by": request.by,
        "because": request.reason,
        "at": request.at.isoformat(),
        "digest": request.digest,
    }
    return {f"requested_{name}": value for name, value in content.items()}


def _require_promotion_request(wiring: Wiring, version: ModelVersion) -> PromotionRequest:
    request = find_request(wiring, version)
    if request is None:
        raise InputError(
            f"version {version.number}",
            found="no request for its promotion",
            expected="one by another person",
            remedy=f"Ask first: credit-default models promote {version.number} --request --reason …",
        )
    return request


def _require_valid_approval(version: ModelVersion, request: PromotionRequest, *, by: str) -> None:
    if request.digest != version.digest:
        raise RefusedError(
            f"version {version.number}",
            found=f"digest {version.digest[:12]}",
            expected=f"digest {request.digest[:12]}, which was asked for",
            remedy="Look into it, then ask again.",
        )
    if _is_same_identity(request.by, by):
        raise RefusedError(
            f"version {version.number}",
            found=f"a request and an approval by {by}",
            expected="two people",
            remedy="Somebody else approves; --by or the setting `identity` says who.",
        )


def _is_same_identity(one: str, other: str) -> bool:
    """Whether two names are one identity: however they are written, they are not two people."""
    return (
        unicodedata.normalize("NFKC", one).casefold()
        == unicodedata.normalize("NFKC", other).casefold()
    )


def _normalise_identity(by: str) -> str:
    name = " ".join(by.split())
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise InputError(
            "--by",
            found=repr(name[:50]),
            expected=f"a name of 1 to {_LONGEST_NAME} printing characters",
            remedy="Say who decides.",
        )
    return name
