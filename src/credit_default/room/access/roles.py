"""The roles of the control room's users, each with all that the one before may do."""

from dataclasses import dataclass, field
from enum import IntEnum


class Role(IntEnum):
    """What a user may do; a higher role may do all that a lower one may.

    A viewer sees figures, never a client. An analyst also sees clients and their reasons, looks at
    files and sends them, requests promotions and opens findings. An approver also decides on
    versions and overrides decisions. An administrator also erases clients.
    """

    VIEWER = 1
    ANALYST = 2
    APPROVER = 3
    ADMINISTRATOR = 4


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person: the name that the ledger records, the role, and the session to which tokens of forms are bound."""

    name: str
    role: Role
    session: str = field(default="", repr=False, compare=False)

    def may(self, role: Role) -> bool:
        """Return whether the user may do what needs at least this role."""
        return self.role >= role
