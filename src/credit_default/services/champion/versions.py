"""List the registered versions, promote one by a person's decision, and roll back to the champion before."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
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
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import (
    describe_gate_verdict,
    record_champion_change,
    require_reason,
)
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.models import ModelRow

_PERSON = "a person"  # the role that decided, as the ledger names it

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
) -> Summary:
    """Promote the version by one person's decision, after its artifact was verified.

    `evidence` is recorded after the gate's verdict: what has become known of the version since.

    Raises:
        InputError: There is no such version, or no reason was given.
        RefusedError: The settings ask for a second person.
        ArtifactError: The version's artifact is not the one on record.
    """
    require_reason(reason)
    _require_one_person_promotion(wiring.settings.promotion.approval, number)
    version = wiring.registry.find_version(number)
    if not version.is_champion:
        record_champion_change(wiring)
    wiring.registry.load_version(version)
    before = describe_gate_verdict(version)
    reasons = (f"by a person's decision: {reason}", *before, *evidence)
    verdict = Verdict("promotion", "ok", reasons)
    promoted = wiring.registry.promote(version, verdict, promoted_at=decided_at)
    hit_failpoint("promote.alias-moved-by-hand")
    record_champion_change(wiring, by=_PERSON)
    hit_failpoint("promote.recorded")
    _LOG.info("promoted by a person model_version=%d", promoted.number)
    status = f"version {promoted.number} is the champion"
    return Summary("models promote", status, model_version=promoted.number)


def roll_back(wiring: Wiring, *, reason: str, decided_at: dt.datetime) -> Summary:
    """Make the previous champion the champion again.

    One person can do it, however many people a promotion needs. The runs of both versions are
    tagged with the rollback before the alias is moved. Where an earlier rollback was cut short
    before it was on record, it is completed and no further step back is taken.

    Raises:
        InputError: There is no champion, there was none before it, or no reason was given.
        ArtifactError: The artifact of the previous champion is not the one on record.
    """
    require_reason(reason)
    unfinished = record_champion_change(wiring)
    if unfinished is not None and unfinished.event == RolledBack.name:
        return _summarise_rollback(unfinished.model_version)
    _prepare_rollback(wiring, reason=reason, decided_at=decided_at)
    earlier = wiring.registry.rollback(reason=reason, rolled_back_at=decided_at)
    hit_failpoint("rollback.alias-moved")
    record_champion_change(wiring, by=_PERSON)
    hit_failpoint("rollback.recorded")
    _LOG.info("rolled back to model_version=%d", earlier.number)
    return _summarise_rollback(earlier.number)


def _prepare_rollback(wiring: Wiring, *, reason: str, decided_at: dt.datetime) -> None:
    """Verify the previous champion's artifact and tag both runs, where there is one to go back to."""
    champion = wiring.registry.find_champion()
    if champion is not None and (previous := champion.tags.get(REPLACED_TAG)):
        back = wiring.registry.find_version(int(previous))
        wiring.registry.load_version(back)
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
