"""What is known of one model version: contest, requests and decisions with their reasons, findings, reviews, ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from credit_default.adapters.mlflow.model_versions import REPLACED_TAG
from credit_default.adapters.mlflow.version_verdict import read_version_verdict
from credit_default.adapters.tables.model_reviews import read_findings, read_reviews
from credit_default.gates.governance.findings import Finding, Review
from credit_default.services.batches.figure_words import leave_settings_out
from credit_default.services.champion.champion_state import ChampionState, read_champion_state
from credit_default.services.champion.promotion_requests import (
    PersonsDecision,
    find_request,
    read_decision,
)
from credit_default.services.context.wiring import Wiring
from credit_default.services.overview.version_gains import Contest, read_contest
from credit_default.services.overview.version_ledger import EntryLine, list_version_entries
from credit_default.services.overview.version_list import VersionRow, describe_versions


@dataclass(frozen=True, slots=True)
class VersionDecision:
    """What a person decided on the version: what, who, when (ISO 8601, UTC) and why; "" where it is not on record."""

    what: str
    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """Everything that a version's page shows beside its card.

    Attributes:
        row: The version as the list has it.
        reasons: Of the promotion gate's verdict, the deciding one first.
        contest: The paired comparison; None where it was compared with nobody.
        decisions: What people decided on it, the newest first.
        request: The open request for its promotion.
        findings: Open ones first, the earliest due first.
        reviews: The newest first.
        entries: Of the ledger, the newest first.
        run_id: Of its training in MLflow.
        run_address: A link to that run on a server; "" where MLflow has no server.
        version_address: A link to the version's page there; "" likewise.
        state: The champion and the request at this moment, for forms to carry.
        replaced: The champion in whose place it was promoted, and to which a rollback leads; 0 for none.
        needs_two_people: Whether the settings ask for a second person before a promotion.
    """

    row: VersionRow
    reasons: tuple[str, ...]
    contest: Contest | None
    decisions: tuple[VersionDecision, ...]
    request: PersonsDecision | None
    findings: tuple[Finding, ...]
    reviews: tuple[Review, ...]
    entries: tuple[EntryLine, ...]
    run_id: str
    run_address: str
    version_address: str
    state: ChampionState
    replaced: int
    needs_two_people: bool

    @property
    def is_champion(self) -> bool:
        """Return whether this version scores."""
        return self.row.number == self.state.number


def read_version(wiring: Wiring, number: int) -> VersionDetail:
    """Return what is known of the version.

    Raises:
        InputError: There is no such version.
        ServiceError: MLflow or the lake does not answer.
    """
    version = wiring.registry.find_version(number)
    verdict = read_version_verdict(version.tags)
    findings = read_findings(wiring.lake, model_version=number)
    tracking, promotion = wiring.tracking, wiring.settings.promotion
    address = tracking.find_run(version.run_id).address if tracking.is_server else ""
    return VersionDetail(
        row=describe_versions(wiring, [version])[number],
        reasons=tuple(map(leave_settings_out, filter(None, verdict.reasons))) if verdict else (),
        contest=read_contest(version, promotion),
        decisions=tuple(sorted(_list_decisions(version.tags), key=_get_time, reverse=True)),
        request=None if version.is_champion else find_request(wiring.lake, version),
        findings=tuple(sorted(findings, key=lambda f: (not f.is_open, f.due, f.finding_id))),
        reviews=read_reviews(wiring.lake, model_version=number)[::-1],
        entries=list_version_entries(wiring, number),
        run_id=version.run_id,
        run_address=address,
        version_address=tracking.build_version_address(version.name, number),
        state=read_champion_state(wiring, version),
        replaced=int(version.tags.get(REPLACED_TAG) or 0),
        needs_two_people=promotion.approval == "second-person",
    )


def _get_time(decision: VersionDecision) -> str:
    return decision.at


def _list_decisions(tags: Mapping[str, str]) -> Iterator[VersionDecision]:
    for prefix in ("requested", "approved", "refused"):
        decision = read_decision(tags, prefix)
        if decision is not None:
            what = f"promotion {prefix}"
            yield VersionDecision(what, decision.by, decision.at.isoformat(), decision.reason)
    if by := tags.get("promoted_by"):
        reason = read_version_verdict(tags)
        yield VersionDecision(
            "promoted", by, tags.get("promoted_at", ""), reason.reason if reason else ""
        )
    if at := tags.get("rolled_back_at"):
        yield VersionDecision(
            "rolled back", tags.get("rolled_back_by", ""), at, tags.get("rolled_back_because", "")
        )
