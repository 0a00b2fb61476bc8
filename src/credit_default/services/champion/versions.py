"""The registered versions for people: who sits where, and the seat changed by a person's decision."""

import datetime as dt
from collections.abc import Sequence

from credit_default.adapters.mlflow.model_versions import (
    CHAMPION,
    LONGEST_TAG,
    REPLACED_TAG,
    ModelVersion,
)
from credit_default.errors import RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import (
    ROLLED_BACK,
    describe_gate_verdict,
    record_champion_change,
    require_reason,
)
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.models import ModelRow

_PERSON = "a person"


def list_models(wiring: Wiring) -> tuple[ModelRow, ...]:
    """Every registered version, the newest first."""
    return tuple(_describe_version(version) for version in wiring.registry.list_versions())


def summarise_models(models: Sequence[ModelRow], *, listed: bool) -> Summary:
    """How many versions there are and which one scores; each version as a note when they are to be `listed`."""
    champion = next((model for model in models if model.seat == CHAMPION), None)
    status = f"version {champion.number} is the champion" if champion else "no champion yet"
    lines = [
        f"version {model.number}: {model.seat or 'no seat'}; {model.data_origin}; digest {model.digest}; "
        f"{model.level}: {model.reason}"
        for model in models
    ]
    return Summary(
        "models show",
        status,
        model_version=champion.number if champion else None,
        counts={"versions": len(models)},
        notes=tuple(lines) if listed else (),
    )


def promote_by_hand(
    wiring: Wiring, number: int, *, reason: str, decided_at: dt.datetime
) -> Summary:
    """The summary, after the version has the seat; its artifact is verified first.

    Raises:
        InputError: there is no such version, or no reason was given.
        RefusedError: the settings ask for a second person.
        ArtifactError: its artifact is not the one on record.
    """
    require_reason(reason)
    _require_no_second_approval(wiring, number)
    version = wiring.registry.find_version(number)
    if not version.is_champion:
        record_champion_change(wiring)
    wiring.registry.load_version(version)
    verdict = Verdict(
        "promotion", "ok", (f"by a person's decision: {reason}", *describe_gate_verdict(version))
    )
    promoted = wiring.registry.promote(version, verdict, promoted_at=decided_at)
    hit_failpoint("promote.seated-by-hand")
    record_champion_change(wiring, by=_PERSON)
    hit_failpoint("promote.recorded")
    return Summary(
        "models promote",
        f"version {promoted.number} is the champion",
        model_version=promoted.number,
    )


def roll_back(wiring: Wiring, *, reason: str, decided_at: dt.datetime) -> Summary:
    """The summary, after the previous champion is back in its seat: one person can do it, whatever promotions need.

    Both versions' runs say so too, before the seat moves.
    Where an earlier rollback died before it was on record, it is completed and no further step back is taken.

    Raises:
        InputError: there is no champion, or none before it, or no reason was given.
        ArtifactError: the artifact to go back to is not the one on record.
    """
    require_reason(reason)
    unfinished = record_champion_change(wiring)
    if unfinished is not None and unfinished.event == ROLLED_BACK:
        return _summarise_rollback(unfinished.model_version)
    champion = wiring.registry.find_champion()
    if champion is not None and (previous := champion.tags.get(REPLACED_TAG)):
        back = wiring.registry.find_version(int(previous))
        wiring.registry.load_version(back)
        _tag_rolled_back_runs(wiring, champion, back, reason=reason, decided_at=decided_at)
        hit_failpoint("rollback.told")
    earlier = wiring.registry.rollback(reason=reason, rolled_back_at=decided_at)
    hit_failpoint("rollback.seated")
    record_champion_change(wiring, by=_PERSON)
    hit_failpoint("rollback.recorded")
    return _summarise_rollback(earlier.number)


def _tag_rolled_back_runs(
    wiring: Wiring, left: ModelVersion, back: ModelVersion, *, reason: str, decided_at: dt.datetime
) -> None:
    at = decided_at.isoformat()
    gone = {
        "rolled_back_at": at,
        "rolled_back_because": reason[:LONGEST_TAG],
        "rolled_back_to": str(back.number),
    }
    wiring.tracking.tag_ended_run(left.run_id, gone)
    wiring.tracking.tag_ended_run(
        back.run_id, {"champion_again_at": at, "champion_again_after": str(left.number)}
    )


def _summarise_rollback(number: int) -> Summary:
    return Summary(
        "models rollback", f"version {number} is the champion again", model_version=number
    )


def _require_no_second_approval(wiring: Wiring, number: int) -> None:
    if wiring.settings.promotion.approval == "second-person":
        raise RefusedError(
            f"version {number}",
            found="one person's decision",
            expected="two: promotion.approval is second-person",
            remedy=f"Ask with `credit-default models promote {number} --request`; somebody else approves.",
        )


def _describe_version(version: ModelVersion) -> ModelRow:
    _, _, level = version.tags.get("verdict", "").partition(": ")
    reasons = version.tags.get("verdict_reasons", "").split("\n")
    return ModelRow(
        number=version.number,
        seat=", ".join(version.aliases),
        digest=version.digest,
        trained_at=version.tags.get("trained_at", ""),
        data_origin=version.tags.get("data_origin", ""),
        level=level,
        reason=reasons[0],
        evidence=tuple(reasons[1:]),
    )
