import json

import pytest

from credit_default.errors import InputError
from credit_default.model.features.declaration import (
    Feature,
    describe_features,
    list_feature_names,
    list_input_names,
    parse_features,
    select_features,
    trace_inputs,
)

USE = {"name": "use", "function": "ratio", "columns": ["bill", "limit"]}
HIGH = {
    "name": "high",
    "function": "count_at_least",
    "columns": ["use", "old_use"],
    "arguments": {"value": 1},
}
OLD_USE = {"name": "old_use", "function": "ratio", "columns": ["old_bill", "limit"], "kept": False}


def test_a_list_is_read_with_every_argument_filled_in():
    features = parse_features([USE, OLD_USE, HIGH], columns=["bill", "old_bill", "limit"])

    assert features[0].arguments == {"otherwise": 0.0, "minimum": -1e30, "maximum": 1e30}
    assert features[2] == Feature("high", "count_at_least", ("use", "old_use"), {"value": 1.0})
    assert list_feature_names(features) == ("use", "high")
    assert list_input_names(features) == ("bill", "limit", "old_bill")
    assert trace_inputs(features)["high"] == ("bill", "limit", "old_bill")


def test_a_list_survives_json():
    features = parse_features([USE, OLD_USE, HIGH])

    assert (
        parse_features(json.loads(json.dumps(describe_features(features), allow_nan=False)))
        == features
    )


def test_features_behind_a_shut_out_column_go_with_their_steps():
    features = parse_features([USE, OLD_USE, HIGH])

    assert [feature.name for feature in select_features(features, without=["old_bill"])] == ["use"]
    assert select_features(features, without=["limit"]) == ()
    assert select_features(features, without=["age"]) == features


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ([{**USE, "function": "eval"}], "function 'eval'"),
        ([{**USE, "function": ["ratio"]}], r"function \['ratio'\]"),
        ([{**USE, "colour": "red"}], "key 'colour'"),
        ([{**USE, "name": ""}], "name ''"),
        ([{**USE, "columns": "bill"}], "columns 'bill'"),
        ([{**USE, "columns": ["bill"]}], "1 columns; expected 2 to 2"),
        ([{**HIGH, "columns": []}], "0 columns; expected 1 or more"),
        ([{**USE, "columns": ["bill", 3]}], "columns"),
        ([{**USE, "columns": ["bill", "wage"]}], "column 'wage'"),
        ([{**USE, "arguments": {"floor": 1.0}}], "unknown argument 'floor'"),
        ([{**USE, "arguments": [1.0]}], r"arguments \[1.0\]"),
        ([{**USE, "kept": "no"}], "kept 'no'"),
        ([USE, OLD_USE, {**HIGH, "arguments": {}}], "no argument 'value'"),
        ([USE, OLD_USE, {**HIGH, "arguments": {"value": "1"}}], "value = '1'"),
        ([USE, OLD_USE, {**HIGH, "arguments": {"value": True}}], "value = True"),
        ([USE, OLD_USE, {**HIGH, "arguments": {"value": float("nan")}}], "value = nan"),
        ([USE, USE], "its name twice"),
        ([HIGH, USE, OLD_USE], "before its own declaration"),
        ([OLD_USE], "no feature that is kept"),
        ([], "no feature that is kept"),
    ],
)
def test_a_list_that_breaks_the_rules_is_refused(items, found):
    with pytest.raises(InputError, match=found):
        parse_features(items, columns=["bill", "old_bill", "limit"])


def test_a_raw_feature_may_carry_its_columns_name():
    features = parse_features(
        [{"name": "age", "function": "raw", "columns": ["age"]}], columns=["age"]
    )

    assert list_input_names(features) == ("age",)
