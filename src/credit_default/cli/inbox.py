"""All that waits in `incoming/`, the oldest first: scored and put away, or refused and put aside with the reason.

What is nobody's fault (a copy under way, another runner that was faster, a month that nobody named) is told in a note; the
file waits, and the others go on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from credit_default.cli.output import Output
from credit_default.errors import CreditDefaultError

if TYPE_CHECKING:
    from credit_default.adapters.lake import Lake
    from credit_default.adapters.storage import StoredObject
    from credit_default.services.wiring import Wiring
    from credit_default.views.summary import Summary

Common = Mapping[str, Any]
Score = Callable[[Output, str, Common], "Summary"]

_NOT_THE_FILES_FAULT = ("champion", "--month", "portfolio")
_FILE_FAULTS = {1, 2}  # exit codes: refused, unreadable


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file that waited: scored, refused, or neither, in words for a person."""

    note: str
    scored: "Summary | None" = None
    refused: bool = False


def score_incoming(output: Output, parameters: Common, *, score: Score) -> "Summary":
    """What became of all that waits; exit code 1 when some of it was refused.

    `month` among the parameters is of the files that have no statement_month of their own.

    Raises:
        CreditDefaultError: what is no file's fault stopped it; the remedy tells what was done before.
    """
    from credit_default.adapters.incoming import list_incoming
    from credit_default.adapters.lake import check_month
    from credit_default.flows.context import connect

    wiring = connect(parameters["overrides"], parameters["config"] or [])
    if parameters.get("month") is not None:
        check_month(parameters["month"])
    taken: list[Taken] = []
    for waiting in list_incoming(wiring.lake):
        try:
            taken.append(_take(wiring, waiting, output, parameters, score=score))
        except CreditDefaultError as error:
            raise _tell_done(error, taken) from error
    return _summarise(taken)


def _take(wiring: "Wiring", waiting: "StoredObject", output: Output, parameters: Common, *, score: Score) -> Taken:
    from credit_default.adapters.incoming import has_fit_name, has_settled, look_again
    from credit_default.flows.context import read_clock

    name = waiting.key.rpartition("/")[2]
    if not has_fit_name(waiting):
        return Taken(f"{name} has a name that the lake cannot keep: rename it", refused=True)
    seen = look_again(wiring.lake, waiting)
    if seen is None:
        return _leave(wiring.lake, waiting)
    if not has_settled(wiring.lake, seen, now=read_clock()):
        return Taken(f"{name} was written a moment ago, perhaps not to its end: it waits for the next run")
    return _work_on(wiring, seen, output, parameters, score=score)


def _work_on(wiring: "Wiring", seen: "StoredObject", output: Output, parameters: Common, *, score: Score) -> Taken:
    from credit_default.adapters.incoming import look_again

    try:
        summary = _score(wiring, seen, output, parameters, score=score)
    except FileNotFoundError:
        if look_again(wiring.lake, seen) is not None:
            raise
        return _leave(wiring.lake, seen)
    except CreditDefaultError as error:
        if error.exit_code not in _FILE_FAULTS or error.thing.startswith(_NOT_THE_FILES_FAULT):
            raise
        return _refuse(wiring.lake, seen, error)
    if summary is None:
        return Taken(f"{seen.key.rpartition('/')[2]} has no statement_month: name it with --month")
    return _put_away(wiring.lake, seen, summary)


def _score(
    wiring: "Wiring", seen: "StoredObject", output: Output, parameters: Common, *, score: Score
) -> "Summary | None":
    """What became of the batch; None when nobody says its month. A file in a bucket is fetched once, for both questions."""
    from credit_default.adapters.files import says_month
    from credit_default.adapters.incoming import name_incoming
    from credit_default.services.arrivals import hold

    uri = name_incoming(wiring.lake, seen)
    with hold(wiring, uri) as arrival:
        if says_month(arrival.path, schema=wiring.schema):
            return score(output, uri, {**parameters, "month": None})
        return None if parameters.get("month") is None else score(output, uri, parameters)


def _put_away(lake: "Lake", seen: "StoredObject", summary: "Summary") -> Taken:
    from credit_default.services.inbox import put_away_scored

    name = seen.key.rpartition("/")[2]
    note = f"{name}: batch {summary.batch_id}, {summary.status}"
    if put_away_scored(lake, seen, batch_id=str(summary.batch_id)) is None:
        note += f"; {_leave(lake, seen).note}"
    return Taken(note, scored=summary)


def _refuse(lake: "Lake", seen: "StoredObject", error: CreditDefaultError) -> Taken:
    from credit_default.services.inbox import put_away_refused

    if put_away_refused(lake, seen, error) is None:
        return _leave(lake, seen)
    return Taken(f"{seen.key.rpartition('/')[2]}: {error}", refused=True)


def _leave(lake: "Lake", seen: "StoredObject") -> Taken:
    """Of a file that is no longer what it was when it was looked at: whether it is there at all."""
    from credit_default.adapters.incoming import look_again

    name = seen.key.rpartition("/")[2]
    if look_again(lake, seen) is None:
        return Taken(f"{name} was taken by another runner")
    return Taken(f"{name} was written anew meanwhile: the new content waits for its turn")


def _tell_done(error: CreditDefaultError, taken: Sequence[Taken]) -> CreditDefaultError:
    """The same error; its remedy tells too what was done before, which stays done."""
    if not taken:
        return error
    remedy = f"{error.remedy} Done before it, and not again: {_count(taken)}."
    return type(error)(error.thing, found=error.found, expected=error.expected, remedy=remedy)


def _count(taken: Sequence[Taken]) -> str:
    scored = sum(one.scored is not None for one in taken)
    refused = sum(one.refused for one in taken)
    return f"{scored} scored, {refused} refused"


def _summarise(taken: Sequence[Taken]) -> "Summary":
    from credit_default.views.summary import Summary

    scored = [one.scored for one in taken if one.scored is not None]
    refused = [one.note for one in taken if one.refused]
    return Summary(
        "predict", _count(taken), exit_code=1 if refused else 0,
        verdicts=tuple(verdict for summary in scored for verdict in summary.verdicts),
        counts={"scored": sum(s.counts.get("scored", 0) for s in scored),
                "quarantined": sum(s.counts.get("quarantined", 0) for s in scored)},
        notes=(*refused, *(one.note for one in taken if not one.refused)),
    )  # fmt: skip
