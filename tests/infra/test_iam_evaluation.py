"""The evaluator itself, on policies of one statement: an IAM matrix is as good as what judges it."""

import pytest
from iam_evaluation import Request, is_allowed

READ = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::lake/tables/*"]}


def judge(action, resource, *statements, context=None, resource_statements=(), principal="role"):
    request = Request(action, resource, context or {})
    return is_allowed(
        request,
        role_policy=list(statements),
        resource_policy=list(resource_statements),
        principal=principal,
    )


def test_nothing_is_allowed_that_no_statement_allows():
    assert judge("s3:GetObject", "arn:aws:s3:::lake/tables/scores") is False
    assert judge("s3:PutObject", "arn:aws:s3:::lake/tables/scores", READ) is False
    assert judge("s3:GetObject", "arn:aws:s3:::lake/incoming/file", READ) is False


def test_what_a_statement_allows_is_allowed_whatever_the_case_of_the_action():
    assert judge("S3:getobject", "arn:aws:s3:::lake/tables/scores", READ) is True


def test_a_prohibition_wins_wherever_it_is_written():
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}

    assert judge("s3:GetObject", "arn:aws:s3:::lake/tables/scores", READ, deny) is False
    by_bucket = [{**deny, "Principal": "*"}]
    assert (
        judge(
            "s3:GetObject", "arn:aws:s3:::lake/tables/scores", READ, resource_statements=by_bucket
        )
        is False
    )


def test_a_prohibition_for_another_principal_does_not_apply():
    other = {"Effect": "Deny", "Principal": {"AWS": "somebody"}, "Action": "s3:*", "Resource": "*"}

    assert (
        judge("s3:GetObject", "arn:aws:s3:::lake/tables/scores", READ, resource_statements=[other])
        is True
    )


@pytest.mark.parametrize(
    ("operator", "expected", "found", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a", None, False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "lake/*", "lake/x/y", True),
        ("StringLike", "lake/?", "lake/xy", False),
        ("StringLike", "lake/[a]", "lake/a", False),
        ("ArnNotEquals", "arn:role/one", "arn:role/two", True),
        ("Bool", "false", "false", True),
        ("Bool", "false", None, False),
        ("NumericLessThan", "1.2", "1.1", True),
        ("NumericLessThan", "1.2", "1.3", False),
        ("Null", "false", "x", True),
        ("Null", "false", None, False),
        ("Null", "true", None, True),
    ],
)
def test_a_condition_holds(operator, expected, found, holds):
    statement = {**READ, "Condition": {operator: {"key": expected}}}
    context = {} if found is None else {"key": found}

    assert (
        judge("s3:GetObject", "arn:aws:s3:::lake/tables/scores", statement, context=context)
        is holds
    )


def test_every_condition_must_hold():
    statement = {**READ, "Condition": {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}}

    assert judge(
        "s3:GetObject",
        "arn:aws:s3:::lake/tables/x",
        statement,
        context={"a": "1", "b": "2", "c": "true"},
    )
    assert not judge(
        "s3:GetObject", "arn:aws:s3:::lake/tables/x", statement, context={"a": "1", "b": "2"}
    )


@pytest.mark.parametrize("part", ["NotAction", "NotResource", "NotPrincipal"])
def test_what_it_does_not_know_it_says(part):
    with pytest.raises(ValueError, match=part):
        judge("s3:GetObject", "arn:aws:s3:::lake/tables/x", {**READ, part: "*"})


def test_an_operator_it_does_not_know_it_says():
    with pytest.raises(KeyError):
        judge(
            "s3:GetObject",
            "arn:aws:s3:::lake/tables/x",
            {**READ, "Condition": {"DateLessThan": {"a": "1"}}},
        )
