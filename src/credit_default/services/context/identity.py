"""The name of a person who decides, as it was declared; nothing here proves it."""

import unicodedata
from typing import Final

from credit_default.errors import InputError

_LONGEST_IDENTITY: Final = 200  # characters


def normalise_identity(by: str) -> str:
    """Return the name with single blanks.

    Raises:
        InputError: It is empty, too long, or has characters that do not print.
    """
    name = " ".join(by.split())
    if not name or not name.isprintable() or len(name) > _LONGEST_IDENTITY:
        raise InputError(
            "--by",
            found=repr(name[:50]),
            expected=f"a name of 1 to {_LONGEST_IDENTITY} printing characters",
            remedy="Name the person who decides.",
        )
    return name


def is_same_identity(one: str, other: str) -> bool:
    """Return whether two names are the same identity: case, Unicode form and blanks make no difference."""
    return _fold(one) == _fold(other)


def _fold(name: str) -> str:
    # folding can undo a form, and the form a folding: each once more
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.casefold().split())
