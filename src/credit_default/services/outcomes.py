"""What became of clients is taken in: checked row by row, merged by client and month, the last observation wins."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from credit_default.adapters.files import read_batches, read_source
from credit_default.adapters.lake_tables import merge_outcomes, write_quarantine
from credit_default.data.outcomes import OBSERVED_OUTCOMES
from credit_default.data.validation import check
from credit_default.services.wiring import Wiring
from credit_default.views.summary import Summary


def take_in_outcomes(wiring: Wiring, path: Path) -> Summary:
    """How many outcomes were new, changed an earlier one, changed nothing, or were rejected and stand in quarantine.

    Raises:
        InputError: the file as a whole is not what it should be.
    """
    source = read_source(path)
    checked = check(lambda: read_batches(path, schema=OBSERVED_OUTCOMES), schema=OBSERVED_OUTCOMES, outcome="required")
    batch_id = hashlib.sha256(f"outcomes {source.sha256}".encode()).hexdigest()[:16]
    if checked.rejected_count:
        write_quarantine(wiring.lake, lambda: (batch.rejected for batch in checked.batches()), batch_id=batch_id)
    merged = [merge_outcomes(wiring.lake, batch.accepted) for batch in checked.batches()]
    new, changed = sum(m.inserted_count for m in merged), sum(m.updated_count for m in merged)
    counts = {
        "new": new,
        "changed": changed,
        "older or known already": checked.accepted_count - new - changed,
        "rejected": checked.rejected_count,
    }
    return Summary(
        "outcomes", "taken in", batch_id=batch_id, counts=counts,
        paths={"outcomes": wiring.lake.table_uri("outcomes")}, notes=_tell_rejected(checked.rule_counts),
    )  # fmt: skip


def _tell_rejected(rule_counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"rejected rows broke {rule} ({count:,})" for rule, count in rule_counts.items())
