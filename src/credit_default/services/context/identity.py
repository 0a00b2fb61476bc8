"""The name of a person who decides, as it was declared; nothing here proves it."""

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
