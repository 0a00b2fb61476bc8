"""Sessions in signed cookies: who signed in and when, until an age, a new password, the person's removal, or a sign-out."""

import datetime as dt
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from credit_default.room.access.roles import User
from credit_default.room.access.users_file import KnownUser, Users

_SALT: Final = "credit-default.room.session"
_MOST_ENDED: Final = (
    10_000  # sessions that people ended, remembered until they would have ended anyway
)


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says: whose session it is, since when, under which password, and its own number."""

    name: str
    stamp: str
    began: int  # seconds since 1970
    number: str


class Sessions:
    """Begins, reads and ends sessions.

    Those that people ended are remembered by this process only: after a restart a copied cookie of one is good again until
    its age.
    """

    def __init__(self, *, hours: float) -> None:
        self._longest_seconds = hours * 3_600
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, user: KnownUser, *, key: str, now: dt.datetime) -> str:
        """Return the cookie of a new session."""
        began = int(now.timestamp())
        content = [user.name, user.stamp, began, secrets.token_urlsafe(16)]
        return str(_open_serializer(key).dumps(content))

    def identify(self, cookie: str, users: Users, *, now: dt.datetime) -> User | None:
        """Return whose session the cookie is; None where it is forged, too old, ended, or under another password."""
        session = _read_cookie(cookie, users.key)
        if session is None or session.number in self._ended:
            return None
        known = users.by_name.get(session.name)
        age = now.timestamp() - session.began
        if known is None or known.stamp != session.stamp or age > self._longest_seconds:
            return None
        return User(known.name, known.role, session.number)

    def read_number(self, cookie: str, key: str) -> str:
        """Return the number of the session that a cookie of ours begins; "" where it is none of ours."""
        session = _read_cookie(cookie, key)
        return session.number if session else ""

    def end(self, number: str) -> None:
        """Let no cookie of this session be good any more."""
        self._ended[number] = None
        while len(self._ended) > _MOST_ENDED:
            self._ended.popitem(last=False)


def _open_serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})


def _read_cookie(cookie: str, key: str) -> Session | None:
    try:
        name, stamp, began, number = _open_serializer(key).loads(cookie)
        return Session(str(name), str(stamp), int(began), str(number))
    except (BadData, TypeError, ValueError):
        return None
