"""Tokens against forged forms: a page of another site cannot know the one that belongs to a person's session."""

import hashlib
import secrets
from typing import Final

from itsdangerous import Signer

_SALT: Final = "credit-default.room.form"


class FormTokens:
    """Makes and checks the token that each form of a session carries; the key is the room's own."""

    def __init__(self, key: str) -> None:
        self._signer = Signer(key, salt=_SALT, digest_method=hashlib.sha256)

    def make(self, session: str) -> str:
        """Return the token of this session's forms."""
        return self._signer.get_signature(session).decode("ascii")

    def check(self, token: str, *, session: str) -> bool:
        """Return whether the token is of this session, in the same time whatever is wrong with it."""
        return secrets.compare_digest(token.encode(), self.make(session).encode())
