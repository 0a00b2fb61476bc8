"""Find the column that tells what became of a client, and which of its values is the bad one.

A name such as "default" says both; otherwise texts such as "Charged Off" do, or where the column
stands. Where nothing tells which value is bad it is the rarer one, and the evidence says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from credit_default.data.contract.schema import OUTCOME, normalise_name
from credit_default.data.drafting.cells import Cells
from credit_default.data.drafting.evidence import format_share
from credit_default.data.drafting.names import split_words
from credit_default.errors import InputError, show_examples

_BAD_NAMES: Final = re.compile(
    r"(bad|default(ed|s|er)?|delinq\w*|dlq\w*|charged?off|chargeoff|npl|insolven\w*|bankrupt\w*)"
)
_GOOD_NAMES: Final = frozenset({"good", "paid", "repaid", "creditability", "performing", "solvent"})
_NEUTRAL_NAMES: Final = frozenset(
    (
        *("target", "label", "outcome", "class", "classification", "response", "result", "y"),
        *("performance", "flag"),
    )
)
_WEAK_NAMES: Final = frozenset({"risk", "status"})
_LOST: Final = re.compile(r"(?i)\b(charged?.?off|defaulted|default|written.?off|bad|bankrupt\w*)\b")
_LATE: Final = re.compile(r"(?i)\b(late|overdue|past due|delinquent|non.?performing|unpaid)\b")
_PAID: Final = re.compile(r"(?i)\b(fully paid|paid|repaid|good|performing|no default|settled)\b")
_RUNNING: Final = re.compile(r"(?i)\b(current|in grace|grace period|issued|open|active|pending)\b")
_NOT_BAD: Final = re.compile(r"(?i)\b(no|not|non|never)\b.?(bad|default\w*|late|delinquent|paid)")
_YES: Final = frozenset({"yes", "y", "true", "t"})
_PLAIN: Final = frozenset({"0", "1"})
_TWO: Final = 2
_MOST_STATES: Final = 12
_UNCLEAR_SHARE: Final = 0.4  # a value with so many rows is no rarer one
_LEAST_SCORE: Final = 2


@dataclass(frozen=True, slots=True)
class OutcomeDraft:
    """The column of the outcome, the texts for bad, good and neither, and what was seen."""

    name: str
    evidence: str
    bad: tuple[str, ...] = ()  # with `good` empty where 1 is bad and 0 is good
    good: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()  # texts of rows whose outcome is not known
    is_guess: bool = False


def find_outcome(columns: Sequence[Cells], *, asked: str | None = None) -> OutcomeDraft | None:
    """Return the likely outcome, None where no column looks like one.

    Args:
        columns: The columns of the file, in its order.
        asked: The name of the outcome, where a person said it.

    Raises:
        InputError: There is no column of that name, or its values are no states of a loan; or a column
            called `defaulted` is not the outcome.
    """
    own = [cells for cells in columns if normalise_name(cells.name) == OUTCOME]
    if own and (not _may_be_outcome(own[0]) or (asked or OUTCOME).casefold() != OUTCOME):
        raise InputError(
            f"column {own[0].name!r}",
            found="a column of that name that is not the outcome",
            expected=f"the outcome: each command takes a column called {OUTCOME} for it",
            remedy="Rename it in the file.",
        )
    if own:
        return _draft(own[0])
    if asked is not None:
        return _draft_asked(columns, asked)
    scored = [(_score(cells, place, columns), cells) for place, cells in enumerate(columns)]
    best = max((score for score, _ in scored), default=0.0)
    if best >= _LEAST_SCORE:
        return _draft(next(cells for score, cells in scored if score == best))
    return _guess_by_place(columns)


def list_misnamed(columns: Sequence[Cells]) -> tuple[str, ...]:
    """Return the columns that are named like an outcome and hold too many values to be one."""
    return tuple(
        cells.name
        for cells in columns
        if len(cells.shown) > _MOST_STATES and _score_name(cells.name) >= _LEAST_SCORE
    )


def _draft_asked(columns: Sequence[Cells], asked: str) -> OutcomeDraft:
    found = [cells for cells in columns if cells.name.strip().casefold() == asked.casefold()]
    if not found or not _may_be_outcome(found[0]):
        raise InputError(
            f"--outcome {asked!r}",
            found=f"{len(found[0].shown):,} different values" if found else "no such column",
            expected="two values, or texts such as Charged Off and Fully Paid"
            if found
            else "one of " + show_examples([cells.name for cells in columns]),
            remedy="Name another column.",
        )
    return _draft(found[0])


def _may_be_outcome(cells: Cells) -> bool:
    return len(cells.shown) == _TWO or _has_states(cells)


def _has_states(cells: Cells) -> bool:
    """Return whether the texts are states of a loan, one of which is good and one bad."""
    if not _TWO <= len(cells.shown) <= _MOST_STATES:
        return False
    bad, good, _ = _sort_states(tuple(cells.shown))
    return bool(bad and good)


def _score(cells: Cells, place: int, columns: Sequence[Cells]) -> float:
    if not _may_be_outcome(cells):
        return 0
    score = _score_name(cells.name) + (2.0 if _has_states(cells) else 0)
    at_an_end = place in {0, len(columns) - 1}
    return score + (0.5 if score and at_an_end else 0) + (0.25 if set(cells.shown) == _PLAIN else 0)


def _score_name(name: str) -> float:
    words = set(split_words(name))
    if any(map(_BAD_NAMES.fullmatch, words)) or _GOOD_NAMES & words:
        return 3.0
    if _NEUTRAL_NAMES & words or "goodbad" in words:
        return 2.0
    return 1.0 if _WEAK_NAMES & words else 0.0


def _guess_by_place(columns: Sequence[Cells]) -> OutcomeDraft | None:
    """Return the first or last column where it alone has two numbers, or nothing but its place tells."""
    ends = [cells for cells in (columns[-1], columns[0]) if _are_two_digits(cells)]
    if not ends:
        return None
    guess = _draft(ends[0])
    place = "last" if ends[0] is columns[-1] else "first"
    return replace(
        guess,
        is_guess=True,
        evidence=f"{guess.evidence}; taken as the {place} column, of two values",
    )


def _are_two_digits(cells: Cells) -> bool:
    return len(cells.shown) == _TWO and set(cells.shown) <= {"0", "1", "2", "-1", "0.0", "1.0"}


def _draft(cells: Cells) -> OutcomeDraft:
    shares = _describe_shares(cells.shown)
    if cells.missing_count:
        shares += f"; not known in {format_share(cells.missing_share)} of the rows"
    if _has_states(cells):
        bad, good, ignore = _sort_states(tuple(cells.shown))
        return OutcomeDraft(cells.name, shares, bad, good, ignore, cells.missing_words)
    bad_text, why = _choose_bad(cells)
    (good_text,) = set(cells.shown) - {bad_text}
    found = OutcomeDraft(
        cells.name,
        f"{shares}; bad is {bad_text}: {why}",
        missing=cells.missing_words,
        is_guess=why == _UNCLEAR,
    )
    if (bad_text.lower(), good_text.lower()) in {("1", "0"), ("yes", "no"), ("true", "false")}:
        return found
    return replace(found, bad=(bad_text,), good=(good_text,))


_UNCLEAR: Final = "neither name nor shares tell, a guess"


def _choose_bad(cells: Cells) -> tuple[str, str]:
    """Return which of two values is bad, and why."""
    words = split_words(cells.name)
    first, second = sorted(cells.shown, key=_sort_key)
    names_bad = any(map(_BAD_NAMES.fullmatch, words))
    negated = bool({"no", "not", "non", "never"} & set(words))
    names_good = bool(_GOOD_NAMES & set(words))
    if names_bad != names_good and _is_yes(second, first):
        is_bad = names_bad != negated
        return (second if is_bad else first), "by the column's name"
    rarer = min(sorted(cells.shown), key=cells.shown.__getitem__)
    share = cells.shown[rarer] / sum(cells.shown.values())
    if share < _UNCLEAR_SHARE:
        return rarer, "the rarer value"
    return second, _UNCLEAR


def _is_yes(second: str, first: str) -> bool:
    """Return whether the second of two values says that what the column is named for is so."""
    return {first, second} <= {"0", "1", "0.0", "1.0", "-1"} or second.lower() in _YES


def _sort_key(text: str) -> tuple[float, str]:
    try:
        return float(text), ""
    except ValueError:
        return 0.0, text.lower()


def _sort_states(
    texts: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the texts for bad, good and neither; what only runs late is bad where nothing is lost."""
    lost = [t for t in texts if _LOST.search(t) and not _NOT_BAD.search(t)]
    late = [t for t in texts if _LATE.search(t) and not _NOT_BAD.search(t) and t not in lost]
    paid = [t for t in texts if t not in {*lost, *late} and (_PAID.search(t) or _NOT_BAD.search(t))]
    running = [t for t in texts if t not in {*lost, *late, *paid} and _RUNNING.search(t)]
    bad, good = lost or late, paid or running
    return tuple(bad), tuple(good), tuple(t for t in texts if t not in {*bad, *good})


def _describe_shares(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{text} {format_share(count / total)}" for text, count in counts.items())
