"""The state of everything now, for the control room's first page: what the lake says at once, and what servers answer in time."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.tables.model_reviews import read_reviews
from credit_default.gates.governance.findings import Finding
from credit_default.services.batches.batch_index import BatchKey, build_key, read_batch_index
from credit_default.services.batches.figure_words import say_reason
from credit_default.services.batches.kept_values import keep_value
from credit_default.services.champion.first_look import has_no_version
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.inventory import list_findings
from credit_default.services.monitoring.retraining_explanation import explain_retraining
from credit_default.services.overview.champion_now import (
    ChampionNow,
    describe_approval,
    find_champion_now,
)
from credit_default.services.overview.late import LateItem, list_late
from credit_default.services.overview.open_alarms import OpenAlarm, list_alarms_now
from credit_default.services.overview.patient_questions import Answer, Asked, Value, ask
from credit_default.services.overview.server_items import find_start, list_server_items
from credit_default.services.overview.server_runs import ServerRuns, say_schedule
from credit_default.services.training.training_record import is_card_owed

_ANSWER_SECONDS: Final = 1.0  # that MLflow has to answer its health check
_RETRAINING_TABLES: Final = (
    "alarms",
    "ledger",
    "monitoring",
    "outcome_history",
    "outcomes",
    "scores",
)
_DEPLOYMENTS: Final = {
    "train": "Training",
    "predict": "Scoring of new files",
    "monitor": "Monitoring",
    "reconcile": "Repair of what was interrupted",
    "maintain": "Upkeep of the tables, and proof of the whole lake",
    "listen": "Look for new files",
}


@dataclass(frozen=True, slots=True)
class RegistryNow:
    """What the registry adds: who decided on the champion, in words, and versions whose card is owed."""

    approval: str
    owed_cards: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RetrainingNow:
    """Whether a training is asked for at present, and why."""

    headline: str
    reasons: tuple[str, ...]
    level: str


@dataclass(frozen=True, slots=True)
class ReviewNow:
    """The champion's last review, and when the next one is due; None where nobody has reviewed it."""

    opinion: str
    reviewed_on: str
    next_on: str
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class StateNow:
    """The state at one time. An answer that is awaited is there when the page looks again."""

    at: dt.datetime
    champion: ChampionNow | None
    registry: Answer[RegistryNow]
    alarms: tuple[OpenAlarm, ...]
    last_batch: BatchKey | None
    runs: Answer[ServerRuns]
    late: tuple[LateItem, ...]
    retraining: Answer[RetrainingNow]
    findings: tuple[Finding, ...]  # open ones, the earliest due first
    review: ReviewNow | None
    schedules: tuple[tuple[str, str], ...]  # what runs by itself, and when, in words
    is_starting: bool = False  # so that a server that does not answer may be still to come

    @property
    def today(self) -> str:
        """The day, YYYY-MM-DD."""
        return f"{self.at:%Y-%m-%d}"


def describe_now(
    wiring: Wiring,
    *,
    now: dt.datetime,
    read_runs: Callable[[], ServerRuns],
    patience_seconds: float,
    serving_since: dt.datetime | None = None,
) -> StateNow:
    """Return the state, waiting for servers no longer than `patience_seconds`, all of them together.

    Args:
        wiring: The lake and the settings.
        now: The time.
        read_runs: Asks the server that runs the flows.
        patience_seconds: How long to wait for answers that were never given before.
        serving_since: When whoever asks was started; so soon afterwards servers may be starting too.
    """
    began = time.monotonic()
    lake, settings = wiring.lake, wiring.settings
    where: tuple[str, ...] = (settings.prefect.api_url, lake.uri)
    asked_runs = ask(read_runs, name="server runs", key=where, now=now, fresh_seconds=2.0)
    champion = find_champion_now(wiring)
    asked_registry, asked_retraining = _ask_mlflow(wiring, champion, now=now)
    found = list_findings(wiring, None)
    starting_since = find_start(serving_since, now=now, seconds=settings.stack.startup_seconds)
    alarms, last_batch = list_alarms_now(lake), _find_last_batch(wiring)

    def wait(asked: Asked[Value]) -> Answer[Value]:
        left = patience_seconds - (time.monotonic() - began)
        return asked.wait(patience_seconds=max(0.0, left))

    runs, registry = wait(asked_runs), wait(asked_registry)
    return StateNow(
        now,
        champion,
        registry,
        alarms,
        last_batch,
        runs,
        _list_late_items(wiring, runs, registry, now=now, starting_since=starting_since),
        wait(asked_retraining),
        tuple(one for one in found if one.is_open),
        _find_review(wiring, champion, now=now),
        _list_schedules(wiring),
        starting_since is not None,
    )


def _ask_mlflow(
    wiring: Wiring, champion: ChampionNow | None, *, now: dt.datetime
) -> tuple[Asked[RegistryNow], Asked[RetrainingNow]]:
    version = champion.version if champion else 0
    where = (wiring.lake.uri, wiring.settings.mlflow.tracking_uri, version)
    registry = ask(
        lambda: _read_registry(wiring, champion, now=now),
        name="registry",
        key=where,
        now=now,
        fresh_seconds=15.0,
    )
    retraining = ask(
        lambda: _explain_retraining(wiring, now=now),
        name="retraining",
        key=where,
        now=now,
        fresh_seconds=5.0,
    )
    return registry, retraining


def _list_late_items(
    wiring: Wiring,
    runs: Answer[ServerRuns],
    registry: Answer[RegistryNow],
    *,
    now: dt.datetime,
    starting_since: dt.datetime | None,
) -> tuple[LateItem, ...]:
    owed = registry.value.owed_cards if registry.value else ()
    items = list_server_items(runs, registry.fault, owed_cards=owed, starting_since=starting_since)
    return (*items, *list_late(wiring.lake, now=now, policy=wiring.settings.coverage))


def _read_registry(
    wiring: Wiring, champion: ChampionNow | None, *, now: dt.datetime
) -> RegistryNow:
    if has_no_version(wiring):  # a look makes no database
        return RegistryNow("", ())
    wiring.tracking.wait_for_store(timeout_seconds=_ANSWER_SECONDS)
    versions = wiring.registry.list_versions()
    silence = dt.timedelta(seconds=wiring.settings.reconcile.silence_seconds)
    own = [version for version in versions if champion and version.number == champion.version]
    owed = [one.number for one in versions if is_card_owed(one, now=now, silence=silence)]
    return RegistryNow(describe_approval(own[0]) if own else "", tuple(owed))


def _explain_retraining(wiring: Wiring, *, now: dt.datetime) -> RetrainingNow:
    wiring.tracking.wait_for_store(timeout_seconds=_ANSWER_SECONDS)

    def explain() -> RetrainingNow:
        summary = explain_retraining(wiring, now=now)
        verdict = summary.verdicts[0]
        return RetrainingNow(summary.status, tuple(map(say_reason, verdict.reasons)), verdict.level)

    # outcomes become due with the month, and with nothing else that is not in a table
    return keep_value(
        explain,
        name="retraining",
        lake=wiring.lake,
        tables=_RETRAINING_TABLES,
        key=(f"{now:%Y-%m}", wiring.settings.model_dump_json()),
    )


def _find_last_batch(wiring: Wiring) -> BatchKey | None:
    index = read_batch_index(wiring.lake)
    newest = index.sort("scored_at", descending=True).head(1)
    return None if newest.is_empty() else build_key(newest.row(0, named=True))


def _find_review(
    wiring: Wiring, champion: ChampionNow | None, *, now: dt.datetime
) -> ReviewNow | None:
    if champion is None:
        return None
    reviews = read_reviews(wiring.lake, model_version=champion.version)
    if not reviews:
        return None
    last = reviews[-1]
    is_overdue = last.next_review < f"{now:%Y-%m-%d}"
    return ReviewNow(last.opinion, last.reviewed_at[:10], last.next_review, is_overdue)


def _list_schedules(wiring: Wiring) -> tuple[tuple[str, str], ...]:
    schedule = wiring.settings.schedule
    return tuple(
        (words, say_schedule(line, time_zone=schedule.time_zone))
        for name, words in _DEPLOYMENTS.items()
        if (line := getattr(schedule, name))
    )
