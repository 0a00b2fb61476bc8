"""May this principal do this to that? AWS's own order of judgement on rendered policies, as far as ours use it.

A Deny that matches anywhere ends it; else an Allow of the role must match (the bucket's own policies only forbid, but for
services); else no. What a policy uses and this doesn't know raises, so that no case passes by being misread: NotAction,
NotResource and NotPrincipal, and operators that aren't in the table. Within one account; no boundaries, no session policies.
"""

import fnmatch
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """What is asked: an action (`s3:GetObject`), on what (an ARN), in which circumstances (condition keys)."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def is_allowed(request, *, role_policy, resource_policy=None, principal=""):
    """Whether the role's policy allows it and neither policy forbids it."""
    identity = read_statements(role_policy)
    resource = [
        s for s in read_statements(resource_policy or "[]") if _names_principal(s, principal)
    ]
    if any(
        matches(statement, request)
        for statement in [*identity, *resource]
        if statement["Effect"] == "Deny"
    ):
        return False
    return any(
        matches(statement, request) for statement in identity if statement["Effect"] == "Allow"
    )


def read_statements(policy):
    """The statements of a policy document, or of a list of them."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document["Statement"] if isinstance(document, dict) else document
    for statement in statements:
        unknown = statement.keys() - {
            "Sid",
            "Effect",
            "Principal",
            "Action",
            "Resource",
            "Condition",
        }
        if unknown or statement["Effect"] not in {"Allow", "Deny"}:
            message = f"a statement with {sorted(unknown) or statement['Effect']}: this evaluation doesn't know it"
            raise ValueError(message)
    return statements


def matches(statement, request):
    """Whether a statement speaks of this request."""
    return (
        any(
            _is_like(request.action.lower(), action.lower())
            for action in _list(statement["Action"])
        )
        and any(_is_like(request.resource, resource) for resource in _list(statement["Resource"]))
        and all(
            _holds(operator, expected, request.context.get(key))
            for operator, pairs in statement.get("Condition", {}).items()
            for key, expected in pairs.items()
        )
    )


def _names_principal(statement, principal):
    named = statement["Principal"]
    return (
        named == "*"
        or principal in _list(named.get("AWS", []))
        or "*" in _list(named.get("AWS", []))
    )


def _holds(operator, expected, found):
    """Whether a condition holds; on a key that isn't there only the negated operators and Null = true do."""
    expected = [str(value) for value in _list(expected)]
    if operator == "Null":
        return (found is None) == (expected == ["true"])
    negated, compare = OPERATORS[operator]
    if found is None:
        return negated
    return any(compare(found, value) for value in expected) != negated


def _is_like(text, pattern):
    """AWS's wildcards: * and ? alone; brackets mean themselves."""
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), text) is not None


OPERATORS = {  # operator: is it negated, and how one value is compared
    "StringEquals": (False, lambda found, value: found == value),
    "StringNotEquals": (True, lambda found, value: found == value),
    "StringLike": (False, _is_like),
    "ArnEquals": (False, _is_like),
    "ArnNotEquals": (True, _is_like),
    "ArnLike": (False, _is_like),
    "Bool": (False, lambda found, value: found.lower() == value.lower()),
    "NumericLessThan": (False, lambda found, value: float(found) < float(value)),
}


def _list(value):
    return value if isinstance(value, list) else [value]
