"""What the ledger records of a client's erasure.

It has an entry when the erasure begins, one for each result that it changed, and one when it is
complete. It never says whose erasure it was. The form of what is stored never changes
(`gates.ledger.event_format`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from credit_default.gates.ledger.event_format import LedgerEvent, stored_as, stored_with_prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureBegun(LedgerEvent):
    """The erasure of a client began.

    It changes the results of the batches that the client was scored in.
    """

    name: ClassVar[str] = "forgetting"

    results_json: str = stored_as("results")  # see `list_results`
    overrides_json: str | None = stored_as("overrides", default=None)  # see `list_overrides`

    @classmethod
    def of_results(
        cls, results: Sequence[tuple[str, int]], *, overrides: Sequence[str] = ()
    ) -> "ErasureBegun":
        """Return the event for these results, each a batch_id and a model version, and digests of overrides."""
        digests = json.dumps(overrides) if overrides else None
        return cls(results_json=json.dumps(results), overrides_json=digests)

    def list_results(self) -> tuple[tuple[str, int], ...]:
        """Return the results that the erasure changes, each a batch_id and a model version."""
        return tuple((str(batch), int(version)) for batch, version in json.loads(self.results_json))

    def list_overrides(self) -> tuple[str, ...]:
        """Return the digests of the overrides whose rows the erasure deletes."""
        return tuple(map(str, json.loads(self.overrides_json or "[]")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCutShort(LedgerEvent):
    """An erasure that was cut short by a crash was found later.

    Entries before this one record what its results were by then.
    """

    name: ClassVar[str] = "cut short"

    begun: str  # key of the entry `ErasureBegun`


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresErased(LedgerEvent):
    """What a batch's scores under a version are after a client was erased from them.

    The digest takes the place of the one that `Scored` recorded.
    """

    name: ClassVar[str] = "forgotten"
    about_version: ClassVar[bool | None] = True

    scored_count: int
    scores_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCompleted(LedgerEvent):
    """A client was erased from the lake.

    `counts` are the rows, files and snapshots by where they were.
    """

    name: ClassVar[str] = "forgotten"
    about_version: ClassVar[bool | None] = False

    begun: str  # key of the entry `ErasureBegun`
    counts: Mapping[str, int] = stored_with_prefix("")
