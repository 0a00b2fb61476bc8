"""Find out which column of anybody's scored file is what: as it was named, or by the names that are usual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.data.contract.schema import normalise_name
from credit_default.errors import InputError, show_examples

# In the order in which they are looked for; the first are those of our own tables of scores.
_USUAL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "score": (
        "default_probability",
        "probability_of_default",
        "predicted_probability",
        "probability",
        "pd",
        "score",
    ),
    "outcome": ("defaulted", "outcome", "default_flag", "default", "bad", "target", "y"),
    "band": ("risk_band", "band", "rating", "rating_grade", "grade"),
    "month": ("statement_month", "month", "reporting_month", "period"),
    "client": ("client_id", "customer_id", "obligor_id", "account_id", "id"),
    "benchmark": ("benchmark_probability",),
}
USUAL_NAMES: Final = tuple(name for names in _USUAL_NAMES.values() for name in names)
_SHOWN_COUNT: Final = 12


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """What a person named; None or empty for what is to be found by the usual names, or is not there."""

    score: str | None = None
    outcome: str | None = None
    band: str | None = None
    month: str | None = None
    client: str | None = None
    benchmark: str | None = None
    segments: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    def list_names(self) -> tuple[str, ...]:
        """Return every column that was named."""
        single = (getattr(self, role) for role in _USUAL_NAMES)
        return (*(name for name in single if name is not None), *self.segments, *self.variables)


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """The columns of one file by what they are, under the names that the file gives them."""

    roles: Mapping[str, str]  # by "score", "outcome", "band", "month", "client" or "benchmark"
    segments: tuple[str, ...]
    variables: tuple[str, ...]

    def list_names(self) -> tuple[str, ...]:
        """Return the columns to read, each once."""
        return tuple(dict.fromkeys((*self.roles.values(), *self.segments, *self.variables)))

    def describe(self) -> str:
        """Return in one line which column was taken for what."""
        named = [f"{role} {name!r}" for role, name in self.roles.items()]
        for kind, names in (("segments", self.segments), ("variables", self.variables)):
            named += [f"{kind} {show_examples(names)}"] if names else []
        return "columns: " + ", ".join(named)


def find_column_roles(names: Sequence[str], choice: ColumnChoice, *, thing: str) -> ColumnRoles:
    """Return which of the file's columns is what; those that were not named are looked for by their usual names.

    Args:
        names: The names in the file's header.
        choice: What a person named.
        thing: The file, for the errors.

    Raises:
        InputError: A column that was named is not there, or no column is known for the scores; the error names the
            columns that are there.
    """
    present = {normalise_name(name): name for name in names if name.strip()}
    roles = {}
    for role, usual in _USUAL_NAMES.items():
        given = getattr(choice, role)
        if given is not None:
            roles[role] = _require_column(present, given, option=f"--{role}", thing=thing)
        elif found := _find_usual(present, usual, taken=roles.values()):
            roles[role] = found
    if "score" not in roles:
        raise InputError(
            f"columns of {thing}",
            found=_show_names(present.values()),
            expected=f"the default probabilities, in a column called {' or '.join(_USUAL_NAMES['score'])}",
            remedy="Name the column with --score NAME.",
        )
    return ColumnRoles(
        roles,
        tuple(
            _require_column(present, n, option="--segment", thing=thing) for n in choice.segments
        ),
        tuple(
            _require_column(present, n, option="--variable", thing=thing) for n in choice.variables
        ),
    )


def find_reference_roles(names: Sequence[str], wanted: ColumnRoles, *, thing: str) -> ColumnRoles:
    """Return the same columns of the reference file, without those that it does not have.

    Raises:
        InputError: It has no column with the scores.
    """
    present = {normalise_name(name): name for name in names if name.strip()}
    roles = {
        role: present[normalise_name(name)]
        for role, name in wanted.roles.items()
        if normalise_name(name) in present
    }
    roles["score"] = _require_column(present, wanted.roles["score"], option="--score", thing=thing)
    return ColumnRoles(
        roles,
        tuple(n for n in wanted.segments if normalise_name(n) in present),
        tuple(n for n in wanted.variables if normalise_name(n) in present),
    )


def _require_column(present: Mapping[str, str], name: str, *, option: str, thing: str) -> str:
    found = present.get(normalise_name(name))
    if found is None:
        raise InputError(
            f"columns of {thing}",
            found=f"no {name[:80]!r} among {_show_names(present.values())}",
            expected=f"the column that {option} names",
            remedy=f"Correct {option}, or give a file with that column.",
        )
    return found


def _find_usual(
    present: Mapping[str, str], usual: Sequence[str], *, taken: Iterable[str]
) -> str | None:
    used = set(taken)
    return next((present[n] for n in usual if n in present and present[n] not in used), None)


def _show_names(names: Iterable[str]) -> str:
    return show_examples(names, most=_SHOWN_COUNT)
