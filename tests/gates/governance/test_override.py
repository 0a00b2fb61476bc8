import hashlib
from dataclasses import replace

from credit_default.gates.governance.override import Override

OVERRIDE = Override(
    batch_id="b",
    model_version=3,
    client_id="é",
    statement_month="2006-01",
    scored_decision="decline",
    decision="accept",
    reason="r",
    decided_by="d",
    decided_at="t",
    salt="s",
)


def test_the_digest_is_that_of_all_fields_by_name_with_letters_beyond_ascii_escaped():
    text = (
        '{"batch_id": "b", "client_id": "\\u00e9", "decided_at": "t", "decided_by": "d", '
        '"decision": "accept", "model_version": 3, "reason": "r", "salt": "s", '
        '"scored_decision": "decline", "statement_month": "2006-01"}'
    )

    assert OVERRIDE.compute_digest() == hashlib.sha256(text.encode()).hexdigest()
    assert replace(OVERRIDE, salt="other").compute_digest() != OVERRIDE.compute_digest()
