import json

import numpy as np
import polars as pl
import pytest
from tests.fakes.bureau_loans import FEATURES, SCHEMA, lend

from credit_default.errors import InputError
from credit_default.model.features.build_features import build_features
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.features.declaration import (
    describe_features,
    list_feature_names,
    list_input_names,
    parse_features,
)
from credit_default.model.features.input_values import (
    InputValues,
    describe_arguments,
    list_input_values,
    list_possibly_missing,
    parse_input_values,
)
from credit_default.model.features.row_functions import ROW_FUNCTIONS

NAN = float("nan")
INPUTS = {
    "score": {"optional": False, "special": [-9.0]},
    "income": {"optional": True, "special": []},
}
ROWS = pl.DataFrame({"score": [700, -9, 500], "income": [100.0, 200.0, None]})


def build(function, columns, **arguments):
    spec = [{"name": "made", "function": function, "columns": columns, "arguments": arguments}]
    return build_features(ROWS, spec=spec, inputs=INPUTS)[:, 0].tolist()


@pytest.mark.parametrize(
    ("function", "columns", "arguments", "expected"),
    [
        ("raw", ["score"], {}, [700, -9, 500]),
        ("raw", ["income"], {}, [100, 200, NAN]),
        ("clip", ["score"], {"minimum": 0}, [700, NAN, 500]),
        ("otherwise", ["score"], {"value": 600}, [700, 600, 500]),
        ("otherwise", ["income"], {"value": 0}, [100, 200, 0]),
        ("is_missing", ["income"], {}, [0, 0, 1]),
        ("is_missing", ["score"], {}, [0, 0, 0]),
        ("is_special", ["score"], {}, [0, 1, 0]),
        ("one_hot", ["score"], {"value": -9}, [0, 1, 0]),
        ("one_hot", ["income"], {"value": 200}, [0, 1, 0]),
        ("ratio", ["score", "income"], {"otherwise": 5}, [7, NAN, NAN]),
        ("total", ["score", "income"], {}, [800, NAN, NAN]),
        ("maximum", ["score", "income"], {}, [700, NAN, NAN]),
        ("count_at_most", ["score", "income"], {"value": 600}, [1, 1, 1]),
        ("months_since_at_least", ["score", "income"], {"value": 150}, [0, 1, 0]),
    ],
)
def test_a_function_does_with_missing_and_special_values_what_its_meaning_says(
    function, columns, arguments, expected
):
    assert build(function, columns, **arguments) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("function", sorted(set(ROW_FUNCTIONS) - {"raw"}))
def test_no_function_but_raw_and_one_hot_sees_the_number_of_a_special_value(function):
    row_function = ROW_FUNCTIONS[function]
    given = {"order": [1.0], "expression": "score", "values": [1.0], "learned": [0.5, 0.5, 0.5]}
    arguments = {
        name: given.get(name, 1.0)
        for name, default in row_function.arguments.items()
        if default is None or name == "learned"
    }
    columns = ["score", "income"][: max(1, row_function.fewest_columns)]
    spec = [{"name": "made", "function": function, "columns": columns, "arguments": arguments}]

    def value_of(special):
        rows = pl.DataFrame({"score": [special], "income": [100.0]})
        inputs = {"score": {"optional": False, "special": [special]}}
        return build_features(rows, spec=spec, inputs=inputs)

    assert np.array_equal(value_of(-9.0), value_of(9_999.0), equal_nan=True)


def test_a_feature_that_is_an_input_as_it_is_hands_its_special_values_on_as_such():
    spec = [
        {"name": "copy", "function": "raw", "columns": ["score"], "kept": False},
        {"name": "twice", "function": "total", "columns": ["copy", "copy"]},
        {"name": "none", "function": "is_special", "columns": ["copy"]},
    ]

    found = build_features(ROWS, spec=spec, inputs=INPUTS)

    assert found.tolist() == pytest.approx(np.array([[1400, 0], [NAN, 1], [1000, 0]]), nan_ok=True)


def test_months_between_counts_from_the_second_date_to_the_first():
    rows = {"later": np.array([365.2425 * 2]), "earlier": np.array([0.0])}
    spec = [{"name": "age", "function": "months_between", "columns": ["later", "earlier"]}]

    assert build_features(rows, spec=spec).tolist() == [[24.0]]


def test_a_missing_value_of_an_input_that_is_not_optional_stays_an_error():
    rows = ROWS.with_columns(score=pl.Series([None, 1, 2]))

    with pytest.raises(InputError, match="'score'"):
        build_features(
            rows, spec=[{"name": "s", "function": "raw", "columns": ["score"]}], inputs=INPUTS
        )


def test_an_infinite_value_of_an_optional_input_is_an_error():
    rows = ROWS.with_columns(income=pl.Series([np.inf, 1.0, 2.0]))

    with pytest.raises(InputError, match="'income'"):
        build_features(
            rows, spec=[{"name": "i", "function": "raw", "columns": ["income"]}], inputs=INPUTS
        )


def test_every_type_of_frame_gives_the_same_bits():
    rows, arguments = lend(50, seed=1), describe_arguments(FEATURES, schema=SCHEMA)

    expected = build_features(rows, **arguments)

    names = list_input_names(FEATURES)
    for frame in (
        rows.to_pandas(),
        rows.to_arrow(),
        {name: rows[name].to_numpy() for name in names},
        rows.select(reversed(rows.columns)),
    ):
        assert np.array_equal(build_features(frame, **arguments), expected, equal_nan=True)


def test_an_optional_column_without_any_value_is_missing_throughout():
    rows = ROWS.with_columns(income=pl.lit(None))
    spec = [{"name": "i", "function": "is_missing", "columns": ["income"]}]

    assert build_features(rows, spec=spec, inputs=INPUTS).tolist() == [[1], [1], [1]]


def test_the_arguments_of_a_model_are_plain_json_and_name_what_its_inputs_may_hold():
    arguments = describe_arguments(FEATURES, schema=SCHEMA)

    assert json.loads(json.dumps(arguments)) == arguments
    assert parse_input_values(arguments["inputs"]) == list_input_values(
        SCHEMA, list_input_names(FEATURES)
    )
    assert arguments["inputs"]["bureau_score"] == {"optional": False, "special": [-9.0, -8.0]}
    assert "loan_amount" not in arguments["inputs"]


def test_a_portfolio_of_numbers_only_has_the_arguments_that_it_always_had():
    from credit_default.data.credit_card.statements import CREDIT_CARD

    assert describe_arguments(CREDIT_CARD_FEATURES, schema=CREDIT_CARD) == {
        "spec": describe_features(CREDIT_CARD_FEATURES)
    }


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"a": True},
        {"a": {"optional": 1, "special": []}},
        {"a": {"optional": True}},
        {"a": {"optional": True, "special": [True]}},
        {"a": {"optional": True, "special": [NAN]}},
        {"a": {"optional": True, "special": "-9"}},
        {1: {"optional": True, "special": []}},
    ],
)
def test_what_a_model_may_not_say_of_its_inputs_is_refused(broken):
    with pytest.raises(InputError, match="values of the model's inputs"):
        parse_input_values(broken)


def test_features_that_can_be_missing_are_found_by_what_they_are_made_of():
    inputs = {"score": InputValues(special=(-9.0,)), "income": InputValues(optional=True)}
    features = parse_features(
        [
            {"name": "raw_score", "function": "raw", "columns": ["score"]},
            {"name": "log_score", "function": "log", "columns": ["raw_score"]},
            {
                "name": "filled",
                "function": "otherwise",
                "columns": ["income"],
                "arguments": {"value": 0},
            },
            {"name": "sum", "function": "total", "columns": ["filled", "loan"]},
            {"name": "income", "function": "raw", "columns": ["income"]},
        ]
    )

    assert list_possibly_missing(features, inputs) == ("log_score", "income")
    assert "income_not_stated" in list_feature_names(FEATURES)
