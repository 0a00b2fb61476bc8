"""Erase a client at a person's word: the same act as the command `forget`, with who did it on record."""

from credit_default.errors import InputError
from credit_default.services.audit.erasure import forget_client
from credit_default.services.context.wiring import Wiring
from credit_default.services.overview.access_entries import Looker, record_act
from credit_default.views.summaries.summary import Summary


def erase_client(wiring: Wiring, client_id: str, *, confirmation: str, looker: Looker) -> Summary:
    """Erase the client, once the id was typed twice; the access log keeps who did it, without a way back to the client.

    Raises:
        InputError: Both are not the same, or the lake has no row of that client.
    """
    if confirmation != client_id:
        raise InputError(
            "the confirmation",
            found="another text than the client's id",
            expected="the id, typed once more",
            remedy="Nothing was erased. Type the same id into both fields.",
        )
    record_act(wiring.lake, looker, client_id, page="client, erasure")
    return forget_client(wiring, client_id, forgotten_at=looker.at)
