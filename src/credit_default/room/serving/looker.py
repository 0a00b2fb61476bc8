"""Who looks at clients, as the access log names the person of a visit."""

import secrets
from typing import Final

from credit_default.room.serving.visit import Visit
from credit_default.services.overview.access_entries import Looker

_ENTRY_BYTES: Final = 16


def build_looker(visit: Visit) -> Looker:
    """Return the person of the visit with its time, and random digits that identify the look."""
    return Looker(
        person=visit.user.name,
        role=visit.user.role.name.lower(),
        at=visit.now,
        entry_id=secrets.token_hex(_ENTRY_BYTES),
    )
