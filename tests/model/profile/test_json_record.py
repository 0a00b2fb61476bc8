import json

import numpy as np
import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import ArtifactError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.json_record import (
    describe_profile,
    parse_counts,
    parse_fingerprints,
)
from credit_default.model.profile.plan import plan_profile


@pytest.fixture(scope="module")
def profiled(rows):
    scored = rows.with_columns(default_probability=0.2, decision=pl.lit("decline"))
    plan = plan_profile(scored, schema=CREDIT_CARD, decision_policy=DecisionPolicy())
    return plan, profile_rows(plan, scored)


def test_record_is_json_and_gives_the_fingerprints_back(profiled):
    plan, profile = profiled

    content = json.loads(json.dumps(describe_profile(plan, profile), allow_nan=False))

    assert parse_fingerprints(content) == {
        name: column.fingerprint for name, column in profile.columns.items()
    }
    assert content["row_count"] == profile.row_count
    assert content["expected_default_share"] == pytest.approx(0.2)
    assert content["columns"]["sex"]["values"] == [1.0, 2.0]
    assert sum(content["columns"]["age"]["counts"]) == profile.row_count
    assert len(content["columns"]["age"]["edges"]) == 9


def test_what_is_not_there_is_null(profiled):
    plan, _ = profiled
    empty = {column.name: [] for column in plan.columns}
    none = profile_rows(
        plan, pl.DataFrame(empty, schema=dict.fromkeys(empty, pl.Float64) | {"decision": pl.String})
    )

    content = describe_profile(plan, none)

    assert content["columns"]["age"]["mean"] is None
    assert content["columns"]["age"]["minimum"] is None
    assert np.isfinite(content["expected_cost"])


@pytest.mark.parametrize(
    "content", [{}, {"columns": 1}, {"columns": {"age": {"fingerprint": "no number"}}}]
)
def test_other_layout_is_refused(content):
    with pytest.raises(ArtifactError, match="another layout"):
        parse_fingerprints(content)


def test_counts_by_value_come_back_as_they_were(profiled):
    plan, profile = profiled

    counts = parse_counts(json.loads(json.dumps(describe_profile(plan, profile))), plan)

    assert {"sex", "education", "repayment_status_m1"} <= counts.keys()
    assert "age" not in counts
    assert all(
        np.array_equal(found, profile.columns[name].counts) for name, found in counts.items()
    )


def test_counts_of_other_values_are_left_out(profiled):
    plan, profile = profiled
    content = describe_profile(plan, profile)
    content["columns"]["sex"]["values"] = [0.0, 1.0]

    assert "sex" not in parse_counts(content, plan)


@pytest.mark.parametrize(
    "content",
    [{}, {"columns": {"age": 1}}, {"columns": {"sex": {"values": [1.0, 2.0], "counts": "x"}}}],
)
def test_other_layout_of_counts_is_refused(profiled, content):
    with pytest.raises(ArtifactError, match="another layout"):
        parse_counts(content, profiled[0])
