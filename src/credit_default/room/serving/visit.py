"""A visit: one request to the control room as its page sees it, and the route that leads there."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from starlette.responses import Response

from credit_default.errors import InputError
from credit_default.room.access.roles import Role, User
from credit_default.services.context.wiring import Wiring

_LONGEST_FIELD: Final = 2_000  # characters of one field of a form


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a form: the name that it was sent under, and where its content is kept during the visit."""

    name: str
    path: Path


@dataclass(frozen=True)
class Visit:
    """One request: who asks, what for, and the parts that answer it.

    `path` are the values in the address, `query` those behind its question mark, `form` those that were sent; all are text
    from outside. `is_fragment` says that htmx asks for a part of the page.
    """

    wiring: Wiring
    user: User
    now: dt.datetime
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, SentFile] = field(default_factory=dict)
    form_token: str = ""
    nonce: str = ""
    root: str = "/"  # what every address in a page begins with
    is_fragment: bool = False
    began_at: dt.datetime | None = None  # when the room was started
    is_static: bool = False  # the page is written into the lake: it has no forms, and no client

    def read_field(self, name: str, *, label: str) -> str:
        """Return a field of the form without blanks around it.

        Raises:
            InputError: It is empty or too long.
        """
        text = self.form.get(name, "").strip()
        if not text or len(text) > _LONGEST_FIELD:
            raise InputError(
                label,
                found="nothing" if not text else f"{len(text)} characters",
                expected=f"1 to {_LONGEST_FIELD} characters",
                remedy="Fill it in, and send the form again.",
            )
        return text


@dataclass(frozen=True, slots=True)
class PageRoute:
    """An address of the control room, the least role that may ask for it, and the function that answers.

    The function runs on a thread of its own; a `CreditDefaultError` that it raises becomes a page with the sentence. `path`
    is in Starlette's form, as `/batches/{batch_id}`.
    """

    path: str
    name: str
    answer: Callable[[Visit], Response]
    role: Role
    method: Literal["GET", "POST"] = "GET"
