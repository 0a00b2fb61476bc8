"""Find the score of one client on record."""

from collections.abc import Mapping
from typing import Any

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import read_scores
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH
from credit_default.errors import InputError


def find_client_score(lake: Lake, batch_id: str, client_id: str) -> Mapping[str, Any]:
    """Return the row of the client's newest statement in the batch, under the newest version that scored it.

    Raises:
        InputError: The batch was never scored, or has no such client.
    """
    for spelling in (client_id, read_client_id(client_id)):
        of_client = read_scores(lake, batch_id=batch_id, client_id=spelling)
        if not of_client.is_empty():
            return of_client.sort("model_version", STATEMENT_MONTH).row(-1, named=True)
    if read_scores(lake, batch_id=batch_id, columns=(CLIENT_ID,)).is_empty():
        raise InputError(
            f"batch {batch_id}",
            found="no scores",
            expected="a batch that was scored",
            remedy="Copy the id from `predict`.",
        )
    raise InputError(
        f"client {client_id[:64]!r}",
        found=f"no score in batch {batch_id}",
        expected="one of its clients",
        remedy="Check the id; rejected rows are listed by `credit-default quarantine`.",
    )
