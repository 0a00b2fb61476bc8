import hashlib
import json
from dataclasses import asdict, fields, replace

from credit_default.gates.validation.policy import ValidationPolicy


def test_identity_changes_with_every_number():
    policy = ValidationPolicy()
    changed = {
        replace(policy, **{field.name: getattr(policy, field.name) + 1}).policy_id
        for field in fields(policy)
    }

    assert len(changed) == len(fields(policy))
    assert policy.policy_id not in changed
    assert ValidationPolicy().policy_id == policy.policy_id


def test_the_id_is_of_the_values_by_name_whatever_the_order_of_the_fields():
    policy = ValidationPolicy()
    text = json.dumps(dict(sorted(asdict(policy).items())))

    assert policy.policy_id == hashlib.sha256(text.encode()).hexdigest()[:12]
