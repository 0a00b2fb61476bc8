"""All checks of a lake, in the order of what rests on what: tables, ledger, models, rows, scores, and what was made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verifier.checks.arrivals import check_files, check_outcomes, check_quarantine
from verifier.checks.monitors import check_alarms, check_runs, check_verdicts
from verifier.checks.people import check_erasures, check_overrides, check_reviews
from verifier.checks.reasons import check_reasons
from verifier.checks.record import Record
from verifier.checks.reports import check_reports
from verifier.checks.scores import Result, check_scores, read_results
from verifier.checks.shadow import check_shadow_scores
from verifier.checks.snapshots import check_snapshots
from verifier.checks.versions import check_versions
from verifier.findings import Finding, Findings, fault, guard
from verifier.model.bundles import index_models, read_bundles
from verifier.reading.delta import check_table, open_table
from verifier.reading.lake import Lake
from verifier.reading.ledger import Entry, check_anchor, check_chain, read_entries

_TABLES: Final = "tables"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found of a lake, and the last entry of its ledger."""

    findings: tuple[Finding, ...]
    head: Entry | None


def verify(lake: Lake, *, anchor: Path | None) -> Verification:
    """Return what every check finds. A check whose content cannot be read ends with a fault, and the others go on."""
    entries: list[Entry] = []
    findings = [*_check_tables(lake), *guard("ledger", _check_ledger(lake, entries))]
    if anchor is not None:
        findings += check_anchor(entries, anchor)
    bundles = read_bundles(lake)
    findings += [one for bundle in bundles for one in bundle.findings]
    record = Record(lake, tuple(entries), bundles, index_models(bundles))
    findings += _check_contents(record)
    return Verification(tuple(findings), entries[-1] if entries else None)


def _check_tables(lake: Lake) -> Findings:
    names = sorted({key.split("/")[1] for key in lake.list_keys(_TABLES)})
    for name in names:
        yield from guard(f"table {name}", _check_table(lake, name))


def _check_table(lake: Lake, name: str) -> Findings:
    table = open_table(lake, name)
    if table is None:
        yield fault(f"table {name}", "no log", "a Delta table with its log")
    else:
        yield from check_table(lake, table)


def _check_ledger(lake: Lake, entries: list[Entry]) -> Findings:
    entries += read_entries(lake)
    yield from check_chain(entries)


def _check_contents(record: Record) -> Iterator[Finding]:
    yield from guard("snapshots", check_snapshots(record))
    yield from guard("files as they arrived", check_files(record))
    yield from guard("rejected rows", check_quarantine(record))
    yield from guard("outcomes", check_outcomes(record))
    results: dict[tuple[str, int], Result] = {}
    yield from guard("scores", _check_results(record, results))
    yield from guard("reasons", check_reasons(record, results))
    yield from guard("shadow scores", check_shadow_scores(record))
    yield from guard("overrides", check_overrides(record))
    yield from guard("findings and reviews", check_reviews(record))
    yield from guard("erasures", check_erasures(record))
    yield from guard("verdicts of monitors", check_verdicts(record, results))
    yield from guard("runs of monitors", check_runs(record))
    yield from guard("alarms", check_alarms(record))
    yield from guard("model versions", check_versions(record))
    yield from guard("published reports", check_reports(record, results))


def _check_results(record: Record, results: dict[tuple[str, int], Result]) -> Findings:
    results |= read_results(record)
    yield from check_scores(record, results)
