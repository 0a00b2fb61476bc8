"""Find out whether clients are real or simulated.

Their ids distinguish them, and they are never compared with each other.
"""

from typing import TYPE_CHECKING, Final

import polars as pl

from credit_default.data.contract.schema import CLIENT_ID
from credit_default.data.simulation.statement_rows import SIMULATED_PREFIX
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.data.checking.validation import ValidationResult

REAL: Final = "real"
SIMULATED: Final = "simulated"


def find_origin(validated: "ValidationResult") -> str:
    """Return `simulated` where a client_id of the first accepted rows has the simulator's prefix, else `real`."""
    for batch in validated.batches():
        if batch.accepted.height:
            marked = batch.accepted.select(
                pl.col(CLIENT_ID).str.starts_with(SIMULATED_PREFIX).any()
            ).item()
            return SIMULATED if marked else REAL
    return REAL


def require_matching_origins(*, model_origin: str, batch_origin: str, thing: str) -> None:
    """Check that model and batch are both real or both simulated.

    Raises:
        InputError: One is real and the other simulated, so that comparing them would be meaningless.
    """
    if model_origin != batch_origin:
        raise InputError(
            thing,
            found=f"{batch_origin} clients",
            expected=f"{model_origin} ones, as the champion was trained on",
            remedy="Give simulated data a lake of its own with --lake.",
        )


def describe_origin(data_origin: str) -> tuple[str, ...]:
    """Return a note where the clients are simulated, none where they are real."""
    return (
        ("SIMULATED data: no real client stands behind these figures",)
        if data_origin == SIMULATED
        else ()
    )
