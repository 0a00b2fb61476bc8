"""Hash passwords with argon2, few at once, and check one in the same time whether its user exists or not."""

import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from credit_default.errors import InputError

SHORTEST: Final = 12  # characters
LONGEST: Final = 200
_HASHER: Final = PasswordHasher()
# Each hash takes 64 MiB: a crowd at the sign-in page must not take the machine's memory.
_FEW: Final = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the argon2 hash of a password.

    Raises:
        InputError: It is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            "the password",
            found=f"{len(password)} characters",
            expected=f"{SHORTEST} to {LONGEST} characters",
            remedy="Choose another one; several words in a row are easy to remember.",
        )
    with _FEW:
        return _HASHER.hash(password)


def check_password(password: str, *, hashed: str | None) -> bool:
    """Return whether the password has this hash; None takes as long as a hash, and is never right."""
    with _FEW:
        try:
            return _HASHER.verify(hashed or _hash_nobodys(), password[: LONGEST + 1]) and bool(
                hashed
            )
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hash_nobodys() -> str:
    return _HASHER.hash("nobody has this password")
