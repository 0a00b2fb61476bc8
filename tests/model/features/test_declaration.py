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


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (["use"], "feature list: found 'use'; expected a table for each feature"),
        ([{**USE, "name": 3}], "feature list: found name 3; expected a name for each feature"),
        ([{**USE, "name": None}], "feature list: found name None;"),
        ([{**USE, "colums": []}], "found key 'colums' (nearest is 'columns');"),
        ([{**USE, "function": "ration"}], "found function 'ration' (nearest is 'ratio');"),
        ([{**USE, "columns": ["bil", "limit"]}], "found column 'bil' (nearest is 'bill');"),
        ([{**USE, "columns": None}], "found columns None; expected a list of names"),
    ],
)
def test_what_is_wrong_with_a_feature_is_told_with_what_is_near(items, told):
    with pytest.raises(InputError) as caught:
        parse_features(items, columns=["bill", "old_bill", "limit"])

    assert told in str(caught.value)


def test_any_name_that_is_no_feature_is_a_column_where_none_are_named():
    assert parse_features([{**USE, "columns": ["x", "y"]}])[0].columns == ("x", "y")
    with pytest.raises(InputError, match="found column 'x', 'y'"):
        parse_features([{**USE, "columns": ["x", "y"]}], columns=[])


def test_every_fault_is_told_and_what_refers_to_a_faulty_feature_is_none():
    wrong = [{**USE, "function": "eval"}, {**HIGH, "columns": ["use"]}, {**OLD_USE, "columns": []}]

    with pytest.raises(InputError) as caught:
        parse_features(wrong, columns=["bill", "limit"])

    message = str(caught.value)
    assert "function 'eval'" in message
    assert "0 columns" in message
    assert "'use'" not in message.replace("feature 'use'", "").replace("feature 'old_use'", "")


def test_a_feature_of_its_own_name_is_its_column_before_and_itself_after_its_declaration():
    late = [
        {"name": "use", "function": "log", "columns": ["age"]},
        {"name": "age", "function": "raw", "columns": ["age"]},
    ]
    assert list_input_names(parse_features(late, columns=["age"])) == ("age",)

    early = [
        {"name": "use", "function": "log", "columns": ["limit"]},
        {"name": "limit", "function": "log", "columns": ["bill"]},
    ]
    with pytest.raises(InputError, match="'limit' before its own declaration"):
        parse_features(early, columns=["limit", "bill"])


def test_a_feature_is_kept_unless_it_says_otherwise_and_is_described_with_all_it_has():
    (feature,) = parse_features([USE])

    assert feature.kept is True
    assert describe_features([feature]) == [
        {
            "name": "use",
            "function": "ratio",
            "columns": ["bill", "limit"],
            "arguments": {"maximum": 1e30, "minimum": -1e30, "otherwise": 0.0},
            "kept": True,
        }
    ]
