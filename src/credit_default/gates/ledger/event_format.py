"""Write an event as the details of a ledger entry, and read it back.

Only this module works with the keys of stored details. The details of an entry are hashed with it,
so their form never changes: an event is a frozen dataclass whose fields name the keys under which
they are stored. A key that this version does not know is kept in `extra`; a key that an earlier
version did not write yet gets the field's default.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Final, Generic, TypeVar, get_args

from credit_default.errors import ServiceError
from credit_default.gates.ledger.chain import LedgerEntry, Scalar

_KEY: Final = "key"
_PREFIX: Final = "prefix"


def stored_as(key: str, **options: Any) -> Any:
    """Return a dataclass field that is stored under `key` instead of under its own name."""
    return field(metadata={_KEY: key}, **options)


def stored_with_prefix(prefix: str) -> Any:
    """Return a field for a mapping whose items are stored one by one, with a prefix to each key.

    With an empty prefix it takes every key that no other field of the event has.
    """
    return field(default_factory=dict, metadata={_PREFIX: prefix})


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """What one kind of ledger entry says beside its key, batch, model version and time.

    A new kind subclasses this, sets `name` and declares its fields. A field that is added to an
    existing kind needs a default, as the entries that are there already do not have it. A field
    whose default is None is left out where it is None.
    """

    name: ClassVar[str]  # of the event, as entries have it
    # where two kinds have one name: whether entries of this kind are about a model version
    about_version: ClassVar[bool | None] = None

    git_commit: str = ""  # of the code that made the decision
    # what is stored under keys that this version does not know
    extra: Mapping[str, Scalar] = field(default_factory=dict)

    @classmethod
    def matches(cls, entry: LedgerEntry) -> bool:
        """Return whether the entry is of this kind."""
        is_named = entry.event == cls.name
        return is_named and cls.about_version in (None, entry.model_version > 0)


Event = TypeVar("Event", bound=LedgerEvent)


@dataclass(frozen=True, slots=True)
class RecordedEvent(Generic[Event]):
    """An event as it is on record: the entry, and what its details say."""

    entry: LedgerEntry
    event: Event


def write_event(event: LedgerEvent) -> dict[str, Scalar]:
    """Return the event as the details of an entry."""
    details = dict(event.extra)
    for item in _list_stored_fields(type(event)):
        value = getattr(event, item.name)
        if _PREFIX in item.metadata:
            details |= {f"{item.metadata[_PREFIX]}{name}": each for name, each in value.items()}
        elif value is not None or item.default is not None:
            details[_get_key(item)] = value
    return details


def read_event(entry: LedgerEntry, kind: type[Event]) -> Event:
    """Return what the entry says, as an event of that kind.

    Raises:
        ServiceError: The entry is of another kind, or its details are not those of this kind.
    """
    if not kind.matches(entry):
        raise _build_entry_error(
            entry, found=f"the event {entry.event!r}", expected=repr(kind.name)
        )
    details = _parse_details(entry)
    items = _list_stored_fields(kind)
    known = {_get_key(item) for item in items if _PREFIX not in item.metadata}
    values: dict[str, Any] = {}
    for item in items:
        if (prefix := item.metadata.get(_PREFIX)) is not None:
            taken = {key: details[key] for key in details if key.startswith(prefix)}
            values[item.name] = {
                key.removeprefix(prefix): value for key, value in taken.items() if key not in known
            }
            known |= set(taken)
        elif _get_key(item) in details:
            values[item.name] = _check_type(entry, item, details[_get_key(item)])
        elif item.default is MISSING:
            raise _build_entry_error(entry, found=f"no {_get_key(item)}", expected="one")
    extra = {key: value for key, value in details.items() if key not in known}
    return kind(**values, extra=extra)


def select_events(
    entries: Iterable[LedgerEntry], *kinds: type[Event]
) -> Iterator[RecordedEvent[Event]]:
    """Yield the entries of these kinds with what they say, in the order given.

    The details of other entries are not read.
    """
    for entry in entries:
        for kind in kinds:
            if kind.matches(entry):
                yield RecordedEvent(entry, read_event(entry, kind))


def _list_stored_fields(kind: type[LedgerEvent]) -> list[Field[Any]]:
    """Return the fields of the event.

    Those for a mapping come last, so that they leave the others their keys.
    """
    stored = [item for item in fields(kind) if item.name != "extra"]
    return sorted(stored, key=lambda item: _PREFIX in item.metadata)


def _get_key(item: Field[Any]) -> str:
    return str(item.metadata.get(_KEY, item.name))


def _parse_details(entry: LedgerEntry) -> dict[str, Any]:
    try:
        details = json.loads(entry.details)
    except ValueError:
        details = None
    if not isinstance(details, dict):
        raise _build_entry_error(entry, found="details that are no JSON object", expected="one")
    return details


def _check_type(entry: LedgerEntry, item: Field[Any], value: Any) -> Any:
    accepted = get_args(item.type) or (item.type,)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, accepted) or (whole and float in accepted):
        return value
    names = " or ".join(getattr(kind, "__name__", str(kind)) for kind in accepted)
    raise _build_entry_error(entry, found=f"{_get_key(item)} {value!r:.50}", expected=names)


def _build_entry_error(entry: LedgerEntry, *, found: str, expected: str) -> ServiceError:
    return ServiceError(
        f"ledger entry {entry.sequence} ({entry.event})",
        found=found,
        expected=expected,
        remedy="The table may have been changed: run `credit-default verify`.",
    )
