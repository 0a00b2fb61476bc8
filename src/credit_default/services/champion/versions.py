"""List the registered versions, promote one by a person's decision, and roll back to the champion before."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from credit_default.adapters.mlflow.model_versions import (
    CHAMPION,
    LONGEST_TAG,
    REPLACED_TAG,
    ModelVersion,
)
from credit_default.adapters.mlflow.registry import Registry
from credit_default.adapters.mlflow.version_verdict import read_version_verdict
from credit_default.errors import RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.version_events import RolledBack
from credit_default.services.champion.alias_history import (
    build_persons_verdict,
    record_champion_change,
    require_reason,
)
from credit_default.services.champion.champion_state import (
    ChampionState,
    find_last_change,
    lock_champion,
    require_unmoved,
)
from credit_default.services.champion.version_page import write_champion_pages
from credit_default.services.context.identity import normalise_identity
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.models import ModelRow

_PERSON = "a person"  # the role that decided, as the ledger names it
_PROMOTED_BY, _ROLLED_BACK_BY = "promoted_by", "rolled_back_by"  # tags: who decided

_LOG = logging.getLogger(__name__)


def list_models(
    registry: Registry, *, backtests: Mapping[int, str] = MappingProxyType({})
) -> tuple[ModelRow, ...]:
    """Return every registered version, the newest first.

    `backtests` says, by version, how its last promotion turned out, where it replaced a champion.
    """
    return tuple(
        _describe_version(version, backtest=backtests.get(version.number, ""))
        for version in registry.list_versions()
    )


def summarise_models(models: Sequence[ModelRow], *, listed: bool) -> Summary:
    """Return how many versions there are and which one is the champion, with a note for each version where `listed`."""
    champion = next((model for model in models if model.alias == CHAMPION), None)
    status = f"version {champion.number} is the champion" if champion else "no champion yet"
    lines = [
        f"version {model.number}: {model.alias or 'no alias'}; {model.data_origin}; digest {model.digest}; "
        f"{model.level}: {model.reason}{f'; {model.backtest}' if model.backtest else ''}"
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
    wiring: Wiring,
    number: int,
    *,
    reason: str,
    decided_at: dt.datetime,
    evidence: Sequence[str] = (),
    by: str = "",
    seen: ChampionState | None = None,
) -> Summary:
    """Promote the version by one person's decision, after its artifact was verified.

    Args:
        wiring: The registry and the ledger.
        number: The version.
        reason: Why, for the record.
        decided_at: The time to put on record.
        evidence: What has become known of the version since the gate's verdict; recorded after it.
        by: Who decides, kept with the version in the registry; "" where nobody says.
        seen: What the person saw when deciding; the same person's promotion again changes nothing.

    Raises:
        InputError: There is no such version, or no reason was given.
        RefusedError: The settings ask for a second person, or the champion is no longer the one `seen`.
        ArtifactError: The version's artifact is not the one on record.
    """
    require_reason(reason)
    _require_one_person_promotion(wiring.settings.promotion.approval, number)
    named = {_PROMOTED_BY: normalise_identity(by)} if by else {}
    with lock_champion(wiring):
        version = wiring.registry.find_version(number)
        if not (version.is_champion and named and named.items() <= version.tags.items()):
            require_unmoved(wiring, seen)
        if not version.is_champion:
            record_champion_change(wiring)
        wiring.registry.load_version(version)
        if named and not version.is_champion:
            wiring.registry.record_tags(version, named)
        verdict = build_persons_verdict(version, f"by a person's decision: {reason}")
        verdict = replace(verdict, reasons=(*verdict.reasons, *evidence))
        promoted = wiring.registry.promote(version, verdict, promoted_at=decided_at)
        hit_failpoint("promote.alias-moved-by-hand")
        record_champion_change(wiring, by=_PERSON)
    hit_failpoint("promote.recorded")
    write_champion_pages(wiring)
    _LOG.info("promoted by a person model_version=%d", promoted.number)
    status = f"version {promoted.number} is the champion"
    return Summary("models promote", status, model_version=promoted.number)


def roll_back(
    wiring: Wiring,
    *,
    reason: str,
    decided_at: dt.datetime,
    by: str = "",
    seen: ChampionState | None = None,
) -> Summary:
    """Make the previous champion the champion again.

    One person can do it, however many people a promotion needs. The runs of both versions are
    tagged with the rollback before the alias is moved. Where an earlier rollback was cut short
    before it was on record, it is completed and no further step back is taken. `by` is kept with the
    version that loses the alias. `seen` is what the person saw when deciding: the same person's
    rollback of the same champion again changes nothing.

    Raises:
        InputError: There is no champion, there was none before it, or no reason was given.
        RefusedError: The champion is no longer the one `seen`.
        ArtifactError: The artifact of the previous champion is not the one on record.
    """
    require_reason(reason)
    by = normalise_identity(by) if by else ""
    with lock_champion(wiring):
        if (done := _find_own_rollback(wiring, seen, by=by)) is not None:
            return _summarise_rollback(done)
        require_unmoved(wiring, seen)
        unfinished = record_champion_change(wiring)
        if unfinished is not None and unfinished.event == RolledBack.name:
            write_champion_pages(wiring)
            return _summarise_rollback(unfinished.model_version)
        _prepare_rollback(wiring, reason=reason, decided_at=decided_at, by=by)
        earlier = wiring.registry.rollback(reason=reason, rolled_back_at=decided_at)
        hit_failpoint("rollback.alias-moved")
        record_champion_change(wiring, by=_PERSON)
    hit_failpoint("rollback.recorded")
    write_champion_pages(wiring)
    _LOG.info("rolled back to model_version=%d", earlier.number)
    return _summarise_rollback(earlier.number)


def _find_own_rollback(wiring: Wiring, seen: ChampionState | None, *, by: str) -> int | None:
    """Return the champion where this person has rolled back the one that was `seen`, by the change after it."""
    last = find_last_change(wiring)
    if seen is None or not by or last is None or last.sequence <= seen.change:
        return None
    if last.event != RolledBack.name or not seen.number:
        return None
    left = wiring.registry.find_version(seen.number).tags
    is_own = left.get(_ROLLED_BACK_BY) == by and left.get(REPLACED_TAG) == str(last.model_version)
    return last.model_version if is_own else None


def _prepare_rollback(wiring: Wiring, *, reason: str, decided_at: dt.datetime, by: str) -> None:
    """Verify the previous champion's artifact and tag both runs, where there is one to go back to."""
    champion = wiring.registry.find_champion()
    if champion is not None and (previous := champion.tags.get(REPLACED_TAG)):
        back = wiring.registry.find_version(int(previous))
        wiring.registry.load_version(back)
        if by:
            wiring.registry.record_tags(champion, {_ROLLED_BACK_BY: by})
        _tag_rolled_back_runs(wiring, champion, back, reason=reason, decided_at=decided_at)
        hit_failpoint("rollback.told")


def _tag_rolled_back_runs(
    wiring: Wiring,
    replaced: ModelVersion,
    restored: ModelVersion,
    *,
    reason: str,
    decided_at: dt.datetime,
) -> None:
    at = decided_at.isoformat()
    rolled_back = {
        "rolled_back_at": at,
        "rolled_back_because": reason[:LONGEST_TAG],
        "rolled_back_to": str(restored.number),
    }
    wiring.tracking.tag_ended_run(replaced.run_id, rolled_back)
    wiring.tracking.tag_ended_run(
        restored.run_id, {"champion_again_at": at, "champion_again_after": str(replaced.number)}
    )


def _summarise_rollback(number: int) -> Summary:
    return Summary(
        "models rollback", f"version {number} is the champion again", model_version=number
    )


def _require_one_person_promotion(approval: str, number: int) -> None:
    if approval == "second-person":
        raise RefusedError(
            f"version {number}",
            found="one person's decision",
            expected="two people's: promotion.approval is second-person",
            remedy=f"Request it with `credit-default models promote {number} --request --reason …`; another person approves.",
        )


def _describe_version(version: ModelVersion, *, backtest: str) -> ModelRow:
    verdict = read_version_verdict(version.tags)
    return ModelRow(
        number=version.number,
        alias=", ".join(version.aliases),
        digest=version.digest,
        trained_at=version.tags.get("trained_at", ""),
        data_origin=version.tags.get("data_origin", ""),
        level=verdict.level if verdict else "",
        reason=verdict.reason if verdict else "",
        evidence=verdict.evidence if verdict else (),
        backtest=backtest,
    )
