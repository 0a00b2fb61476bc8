from dataclasses import fields, replace

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
