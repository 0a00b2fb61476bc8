"""All that waits in `incoming/`, the oldest first: scored and put away, or refused and put aside with the reason."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from credit_default.cli.output import Output
from credit_default.errors import CreditDefaultError

if TYPE_CHECKING:
    from credit_default.views.summary import Summary

Common = Mapping[str, Any]
Score = Callable[[Output, str, Common], "Summary"]

_NOT_THE_FILES_FAULT = ("champion", "--month", "portfolio")
_FILE_FAULTS = {1, 2}  # exit codes: refused, unreadable


def score_incoming(output: Output, parameters: Common, *, score: Score) -> "Summary":
    """What became of all that waits; exit code 1 when some of it was refused."""
    from credit_default.adapters.incoming import has_fit_name, list_incoming, name_incoming
    from credit_default.flows.context import connect
    from credit_default.services.inbox import put_away_refused, put_away_scored

    lake = connect(parameters["overrides"], parameters["config"] or []).lake
    scored: list[Summary] = []
    refused: list[str] = []
    notes: list[str] = []
    for waiting in list_incoming(lake):
        name = waiting.key.rpartition("/")[2]
        try:
            summary = score(output, name_incoming(lake, waiting), parameters)
        except CreditDefaultError as error:
            if not _is_the_files_fault(error):
                raise
            refused.append(f"{name}: {error}")
            if has_fit_name(waiting):
                put_away_refused(lake, waiting, error)
            continue
        if put_away_scored(lake, waiting, batch_id=str(summary.batch_id)) is None:
            notes.append(f"{name} was written anew while it was scored: the new content waits for its turn")
        scored.append(summary)
        notes.append(f"{name}: batch {summary.batch_id}, {summary.status}")
    return _summarise(scored, refused, notes)


def _is_the_files_fault(error: CreditDefaultError) -> bool:
    if error.exit_code not in _FILE_FAULTS or error.thing.startswith(_NOT_THE_FILES_FAULT):
        return False
    # A month that nobody named is no fault of the file: it waits until --month is given.
    return not (error.thing.startswith("statement_month of ") and error.found == "neither")


def _summarise(scored: "list[Summary]", refused: list[str], notes: list[str]) -> "Summary":
    from credit_default.views.summary import Summary

    return Summary(
        "predict", f"{len(scored)} scored, {len(refused)} refused", exit_code=1 if refused else 0,
        verdicts=tuple(verdict for summary in scored for verdict in summary.verdicts),
        counts={"scored": sum(s.counts.get("scored", 0) for s in scored),
                "quarantined": sum(s.counts.get("quarantined", 0) for s in scored)},
        notes=(*refused, *notes),
    )  # fmt: skip
