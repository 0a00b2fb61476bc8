import json

import numpy as np
import pytest
from tests.fakes.named_values import SCHEMA

from credit_default.data.contract.schema import Column
from credit_default.errors import InputError, list_faults
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import (
    describe_features,
    list_feature_names,
    parse_features,
)
from credit_default.model.features.input_values import describe_arguments
from credit_default.model.features.resolution import resolve_features

NAN = float("nan")
INPUTS = [column.name for column in SCHEMA.inputs]
ROWS = {
    "home": [1, 2, 3, 0],
    "grade": [3, 1, NAN, 2],
    "purpose": [1, 7, 2, 1],
    "score": [700, -9, 500, -9],
    "debt": [10.0, NAN, 30.0, 0.0],
    "income": [100.0, 200.0, 0.0, 50.0],
}


def declare(function, *columns, name="made", **arguments):
    return {"name": name, "function": function, "columns": [*columns], "arguments": arguments}


def parse(*items):
    return parse_features(resolve_features(items, schema=SCHEMA), columns=INPUTS)


def build(*items):
    features = parse(*items)
    matrix = build_features(ROWS, **describe_arguments(features, schema=SCHEMA))
    return dict(zip(list_feature_names(features), matrix.T.tolist(), strict=True))


def assert_equal(built, expected):
    assert list(built) == list(expected)
    np.testing.assert_array_equal(list(built.values()), list(expected.values()))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (declare("one_hot", "home", value="RENT"), [1, 0, 0, 0]),
        (declare("one_hot", "home", value="other"), [0, 0, 0, 1]),
        (declare("one_hot", "purpose", value="debts"), [0, 1, 0, 0]),
        (declare("one_hot", "score", value="no bureau file"), [0, 1, 0, 1]),
        (declare("one_hot", "purpose", value=2), [0, 0, 1, 0]),
        (declare("count_equal", "purpose", value="car"), [1, 0, 0, 1]),
        (declare("count_at_least", "grade", value="B"), [1, 0, 0, 1]),
        (declare("ordinal", "grade"), [3, 1, NAN, 2]),
        (declare("ordinal", "grade", order=["C", "A", "B"]), [1, 2, NAN, 3]),
        (declare("ordinal", "home", order=["WITH PARENTS", "RENT", "OWN"]), [2, 3, 1, NAN]),
        (declare("ordinal", "purpose", order=["debts", "car"]), [2, 1, NAN, 2]),
    ],
)
def test_a_value_is_named_as_its_column_declares_it(item, expected):
    assert_equal(build(item), {"made": expected})


def test_one_hot_without_a_value_is_one_feature_for_each_declared_value():
    built = build(declare("one_hot", "home", name="home"))

    assert_equal(
        built,
        {
            "home_RENT": [1, 0, 0, 0],
            "home_OWN": [0, 1, 0, 0],
            "home_WITH_PARENTS": [0, 0, 1, 0],
            "home_other": [0, 0, 0, 1],
        },
    )


def test_names_that_would_be_alike_or_empty_have_the_number_of_the_value():
    odd = {"name": "odd", "kind": "category", "description": "d", "values": ["a b", "a-b", "何"]}
    schema = type(SCHEMA)(
        **{
            **{name: getattr(SCHEMA, name) for name in SCHEMA.__dataclass_fields__},
            "columns": (*SCHEMA.columns, make_column(odd)),
        }
    )

    items = resolve_features([declare("one_hot", "odd", name="odd")], schema=schema)

    assert [item["name"] for item in items] == ["odd_a_b", "odd_a_b_2", "odd_3"]


def make_column(item):
    return Column(**{**item, "values": {text: text for text in item["values"]}})


def test_a_raw_feature_is_the_column_that_it_holds_and_a_computed_one_is_none():
    raw = declare("raw", "home", name="kept_home")

    assert build(raw, declare("one_hot", "kept_home", value="OWN"))["made"] == [0, 1, 0, 0]
    with pytest.raises(InputError, match="column 'home', which declares no values"):
        parse(declare("log", "home", name="home"), declare("one_hot", "home"))


def test_what_travels_with_a_model_has_numbers_and_needs_no_schema():
    items = [
        declare("one_hot", "home", name="home"),
        declare("ordinal", "grade", name="grade_place"),
        {"name": "burden", "expression": "debt / income"},
    ]

    described = json.loads(json.dumps(describe_features(parse(*items)), allow_nan=False))

    assert described[0]["arguments"] == {"value": 1.0}
    assert described[4]["arguments"] == {"order": [1.0, 2.0, 3.0]}
    assert described[5] == {
        "name": "burden",
        "function": "expression",
        "columns": ["debt", "income"],
        "arguments": {"expression": "debt / income"},
        "kept": True,
    }
    assert parse_features(described) == parse(*items)


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (declare("one_hot", "home", value="RENTS"), r"'RENTS' \(nearest is 'rents'\)"),
        (declare("one_hot", "purpose", value=3), "value 3"),
        (declare("one_hot", "income"), "column 'income', which declares no values"),
        (declare("one_hot", "home", valeu="RENT"), "unknown argument 'valeu'"),
        (declare("ordinal", "income"), "column 'income', which declares no values"),
        (declare("ordinal", "purpose"), "no order of the values of 'purpose'; expected ordered = "),
        (declare("ordinal", "purpose", order=["car", "hom"]), r"'hom' \(nearest is 'home'\)"),
        (declare("ordinal", "purpose", order=["car", 1]), "more than once"),
        (declare("ordinal", "purpose", order=[]), "an empty order"),
        (declare("ordinal", "purpose", order="car"), "order = 'car'; expected a list of numbers"),
        (declare("count_equal", "home", "purpose", value="other"), "value 'other'"),
        (declare("count_equal", "home", "purpose", value="OWN"), "value 'OWN'"),
        ({"name": "made", "expression": "debt", "columns": ["debt"]}, "beside 'columns'"),
        ({"name": "made", "expression": 3}, "3; expected an expression as text"),
        ({"name": "made", "expression": "wages * 2"}, "column 'wages'"),
        ({"name": "made", "expression": "SUM(debt)"}, "the function SUM"),
    ],
)
def test_a_feature_that_does_not_fit_the_schema_is_refused_by_name(item, found):
    with pytest.raises(InputError, match=f"feature 'made': found .*{found}"):
        parse(item)


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ({"kep": False}, r"found key 'kep' \(nearest is 'kept'\)"),
        ({"kept": "no"}, "found .*'no'"),
        ({"columns": ["home", "purpose"]}, "found 2 columns"),
    ],
)
def test_a_faulty_one_hot_is_refused_once_and_by_the_name_that_was_written(fault, found):
    with pytest.raises(InputError, match=found) as refused:
        parse({"name": "home_is", "function": "one_hot", "columns": ["home"]} | fault)

    assert [error.thing for error in list_faults(refused.value)] == ["feature 'home_is'"]


@pytest.mark.parametrize(
    "item",
    [
        3,
        {"name": 3, "function": "raw", "columns": ["home"]},
        {"name": "a", "function": "raw"},
        {"name": "a", "function": "raw", "columns": [3]},
        {"name": "a", "function": "one_hot", "columns": []},
        {"name": "a", "function": ["raw"], "columns": ["home"]},
        {"name": "a", "function": "one_hot", "columns": ["home"], "arguments": 3},
    ],
)
def test_what_is_no_feature_is_handed_on_for_the_parser_to_refuse(item):
    assert resolve_features([item], schema=SCHEMA) == [item]


@pytest.mark.parametrize(
    "item",
    [
        {"name": "a", "function": "raw", "columns": ["income"]},
        {"name": "a", "function": "acme:burden", "columns": ["income", "debt"]},
        {"name": "a", "function": "eval", "columns": ["income"], "arguments": {"value": 3}},
        {"name": "a", "function": "clip", "columns": ["income"], "arguments": {"minimum": 0}},
    ],
)
def test_what_needs_no_spelling_out_stays_as_it_is(item):
    assert resolve_features([item], schema=SCHEMA) == [item]


@pytest.mark.parametrize("order", [3, {"car": 1}, None])
def test_an_order_that_is_no_list_is_refused(order):
    with pytest.raises(InputError, match="order"):
        parse(declare("ordinal", "purpose", order=order))
