"""Requests for a promotion, and what people decided on them, as tags of the version in the registry."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.errors import InputError
from credit_default.services.champion.alias_history import was_promoted


@dataclass(frozen=True, slots=True)
class PersonsDecision:
    """Who requested, approved or refused the promotion, why, when, and of which model digest.

    Only a model with the digest that was requested can be approved.
    """

    by: str
    reason: str
    at: dt.datetime
    digest: str


def build_decision_tags(prefix: str, decision: PersonsDecision) -> dict[str, str]:
    """Return the decision as tags of a version; `prefix` says which decision it is, such as requested."""
    content = {
        "by": decision.by,
        "because": decision.reason,
        "digest": decision.digest,
        "at": decision.at.isoformat(),  # last: an earlier decision's time stands until then
    }
    return {f"{prefix}_{name}": value for name, value in content.items()}


def read_decision(tags: Mapping[str, str], prefix: str) -> PersonsDecision | None:
    """Return the last decision of that kind on the version with these tags; None where there is none."""
    found = {name: tags.get(f"{prefix}_{name}") for name in ("by", "because", "at", "digest")}
    by, because, at, digest = found.values()
    if by is None or because is None or at is None or digest is None:
        return None
    return PersonsDecision(by, because, dt.datetime.fromisoformat(at), digest)


def find_request(lake: Lake, version: ModelVersion) -> PersonsDecision | None:
    """Return the request for the version's promotion; None where there is none.

    A request that led to a promotion is used up once the version is no longer the champion, and one
    that was refused at once.
    """
    request = read_decision(version.tags, "requested")
    if request is None or find_refusal(version) is not None:
        return None
    if not version.is_champion and was_promoted(lake, version, since=request.at):
        return None
    return request


def find_refusal(version: ModelVersion) -> PersonsDecision | None:
    """Return the refusal of the version's last request; None where that was not refused."""
    request = read_decision(version.tags, "requested")
    refusal = read_decision(version.tags, "refused")
    if request is None or refusal is None or refusal.at < request.at:
        return None
    return refusal


def require_request(lake: Lake, version: ModelVersion) -> PersonsDecision:
    """Return the request for the version's promotion.

    Raises:
        InputError: There is none, or it was refused.
    """
    request = find_request(lake, version)
    if request is None:
        refusal = find_refusal(version)
        raise InputError(
            f"version {version.number}",
            found=(
                f"a request that {refusal.by} refused ({refusal.reason})"
                if refusal
                else "no request for its promotion"
            ),
            expected="one by another person",
            remedy=f"Request it first: credit-default models promote {version.number} --request --reason …",
        )
    return request


def require_not_champion(version: ModelVersion) -> None:
    """Raise where the version is the champion already.

    Raises:
        InputError: It is.
    """
    if version.is_champion:
        raise InputError(
            f"version {version.number}",
            found="the champion",
            expected="a version that is not the champion",
            remedy="`credit-default models show` lists them.",
        )
