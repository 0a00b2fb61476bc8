"""The tables of findings and reviews: what reviewers found of model versions, with the names and reasons that no ledger entry has."""

from dataclasses import asdict
from typing import Any

import polars as pl

from credit_default.adapters.delta.commits import create_rows
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import FINDINGS, REVIEWS, locate_table
from credit_default.gates.governance.findings import Finding, Review


def write_finding(lake: Lake, finding: Finding) -> bool:
    """Open or close the finding; return False where another run had done so.

    Its id is hexadecimal: `services.governance` makes it.
    """
    row = {**asdict(finding), "month": finding.opened_at[:7]}
    written = create_rows(
        locate_table(lake, "findings"),
        lambda: [pl.DataFrame([row]).select(FINDINGS.names)],
        key=f"finding {'opened' if finding.is_open else 'closed'} {finding.finding_id}",
        predicate=f"finding_id = '{finding.finding_id}' AND month = '{row['month']}'",
    )
    return not written.already_existed


def read_findings(lake: Lake, *, model_version: int | None = None) -> tuple[Finding, ...]:
    """Return the findings about a version, or about all, by the time at which they were opened."""
    rows = _read_of_version(lake, "findings", model_version, order=("opened_at", "finding_id"))
    return tuple(Finding(**row) for row in rows)


def write_review(lake: Lake, review: Review) -> None:
    """Put in the review's row; one of the same version and time is left as it is."""
    row = {**asdict(review), "month": review.reviewed_at[:7]}
    create_rows(
        locate_table(lake, "reviews"),
        lambda: [pl.DataFrame([row]).select(REVIEWS.names)],
        key=f"reviewed v{review.model_version} {review.reviewed_at}",
        predicate=f"reviewed_at = '{review.reviewed_at}' AND model_version = {review.model_version}",
    )


def read_reviews(lake: Lake, *, model_version: int | None = None) -> tuple[Review, ...]:
    """Return the reviews of a version, or of all, by their time."""
    rows = _read_of_version(lake, "reviews", model_version, order=("reviewed_at",))
    return tuple(Review(**row) for row in rows)


def _read_of_version(
    lake: Lake, name: str, model_version: int | None, *, order: tuple[str, ...]
) -> list[dict[str, Any]]:
    def select(table: pl.LazyFrame) -> pl.LazyFrame:
        own = table if model_version is None else table.filter(model_version=model_version)
        return own.drop("month").sort(order)

    return query_rows(locate_table(lake, name), select).to_dicts()
