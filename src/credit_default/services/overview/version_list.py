"""List the registered versions a page at a time: what the control room's page Models shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.mlflow.model_versions import CHALLENGER, CHAMPION, ModelVersion
from credit_default.adapters.mlflow.run_search import read_run_params
from credit_default.adapters.mlflow.version_verdict import (
    read_version_attempt,
    read_version_verdict,
)
from credit_default.errors import InputError
from credit_default.services.batches.figure_words import leave_settings_out
from credit_default.services.champion.promotion_requests import find_request
from credit_default.services.context.wiring import Wiring

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One registered version, as a line of a table; "" for what is not on record.

    Attributes:
        number: Its number in the registry.
        aliases: `champion`, `challenger`, both or none.
        family: The family of its recipe; "" where its run was deleted.
        trained_at: ISO 8601, UTC.
        level: Of the promotion gate's verdict.
        reason: The verdict's first reason.
        attempt: Which attempt on the rows of its contest it was.
        digest: Of the model.
        data_origin: "real" or "simulated".
        requested_by: Who asked for its promotion, where that waits for another person.
    """

    number: int
    aliases: tuple[str, ...]
    family: str
    trained_at: str
    level: str
    reason: str
    attempt: str
    digest: str
    data_origin: str
    requested_by: str


@dataclass(frozen=True, slots=True)
class VersionList:
    """A page of versions, the newest first, and those that somebody has to look at.

    `waiting` are the versions whose promotion was requested, `challenger` the version with that alias.
    """

    rows: tuple[VersionRow, ...]
    page: int  # from 1 on
    page_count: int
    version_count: int
    champion: VersionRow | None
    challenger: VersionRow | None
    waiting: tuple[VersionRow, ...]


def list_versions(wiring: Wiring, *, page: int = 1) -> VersionList:
    """Return a page of the registered versions.

    Raises:
        InputError: There is no such page.
        ServiceError: MLflow does not answer.
    """
    versions = wiring.registry.list_versions()
    page_count = max(1, -(-len(versions) // PAGE_ROWS))
    if not 1 <= page <= page_count:
        raise InputError(
            "the list of versions",
            found=f"page {page}",
            expected=f"a page from 1 to {page_count}",
            remedy="Begin at the first page.",
        )
    shown = versions[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    marked = [version for version in versions if version.aliases]
    waiting = [v for v in versions if not v.is_champion and find_request(wiring.lake, v)]
    rows = describe_versions(wiring, {v.number: v for v in (*shown, *marked, *waiting)}.values())
    return VersionList(
        tuple(rows[version.number] for version in shown),
        page,
        page_count,
        len(versions),
        _find_by_alias(rows.values(), CHAMPION),
        _find_by_alias(rows.values(), CHALLENGER),
        tuple(rows[version.number] for version in waiting),
    )


def describe_versions(wiring: Wiring, versions: Iterable[ModelVersion]) -> dict[int, VersionRow]:
    """Return the versions' lines by their numbers."""
    known = tuple(versions)
    params = read_run_params(wiring.tracking, "train", [version.run_id for version in known])
    return {version.number: _describe(wiring, version, params) for version in known}


def _describe(
    wiring: Wiring, version: ModelVersion, params: Mapping[str, Mapping[str, str]]
) -> VersionRow:
    verdict, attempt = (
        read_version_verdict(version.tags),
        read_version_attempt(version.tags),
    )
    request = None if version.is_champion else find_request(wiring.lake, version)
    # a forest's recipe does not name its family: it is older than the other families
    recipe = params.get(version.run_id)
    return VersionRow(
        number=version.number,
        aliases=version.aliases,
        family="" if recipe is None else recipe.get("recipe.family", "forest"),
        trained_at=version.trained_at,
        level=verdict.level if verdict else "",
        reason=leave_settings_out(verdict.reason) if verdict else "",
        attempt=f"{round(attempt.number, 1):g}" if attempt else "",
        digest=version.digest,
        data_origin=version.tags.get("data_origin", ""),
        requested_by=request.by if request else "",
    )


def _find_by_alias(rows: Iterable[VersionRow], alias: str) -> VersionRow | None:
    found: Sequence[VersionRow] = [row for row in rows if alias in row.aliases]
    return found[0] if found else None
