import numpy as np
import pytest
from tests.fakes.named_values import SCHEMA

from credit_default.errors import InputError
from credit_default.model.features.declaration import describe_features, parse_features
from credit_default.model.features.learned_functions import (
    LEARNED_FUNCTIONS,
    compute_rates,
    compute_woe,
    place_values,
)
from credit_default.model.features.resolution import resolve_features

NAN = float("nan")
VALUES = [1.0, 2.0, 0.0]
LEARNED = [0.5, -0.5, 0.0, 0.25, -0.25]  # of 1, 2 and 0, of a missing value, of any other


def declare(**arguments):
    given = {"values": VALUES, "learned": LEARNED, **arguments}
    return {"name": "made", "function": "woe", "columns": ["home"], "arguments": given}


def parse(item, function="woe"):
    return parse_features([{**item, "function": function}])


def test_a_value_has_what_was_learned_for_it_and_so_has_a_missing_and_an_unknown_one():
    (feature,) = parse(declare())

    found = feature.row_function.compute([np.array([0, 2, 1, NAN, 9.0])], **feature.arguments)

    assert found.tolist() == [0.0, -0.5, 0.5, 0.25, -0.25]


def test_weight_of_evidence_is_log_odds_less_those_of_all_and_finite_at_the_ends():
    woe = compute_woe(np.array([0.2, 0.5, 0.0, 1.0]), rate=0.2)

    assert woe[:2].tolist() == pytest.approx([0.0, np.log(4)])
    assert np.isfinite(woe).all()
    assert woe[2] < -15
    assert woe[3] > 15
    assert compute_rates(np.array([0.2]), rate=0.5).tolist() == [0.2]


def test_a_feature_that_has_not_learned_computes_nothing():
    (feature,) = parse(declare(learned=[]))

    with pytest.raises(InputError, match=r"found no learned values; expected .* training"):
        feature.row_function.compute([np.array([1.0])], **feature.arguments)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"learned": LEARNED[:4]}, "4 learned numbers for 3 values"),
        ({"learned": [*LEARNED, 0.0]}, "6 learned numbers for 3 values"),
        ({"learned": [NAN, *LEARNED[1:]]}, r"learned = \[nan"),
        ({"learned": [float("inf"), *LEARNED[1:]]}, r"learned = \[inf"),
        ({"learned": [1e300, *LEARNED[1:]]}, "learned numbers outside -100 to 100"),
        ({"learned": [-101, *LEARNED[1:]]}, "learned numbers outside -100 to 100"),
        ({"learned": [True, *LEARNED[1:]]}, r"learned = \[True"),
        ({"learned": ["0.5", *LEARNED[1:]]}, r"learned = \['0.5'"),
        ({"learned": 0.5}, "learned = 0.5; expected a list of numbers"),
        ({"learned": {"1": 0.5}}, "learned = "),
        ({"learned": None}, "learned = None"),
        ({"learned": [[0.5]] * 5}, "learned = "),
        ({"learned": [0.0] * 200_000}, "learned = "),
        ({"values": []}, "0 values"),
        ({"values": [1.0, 1.0, 0.0]}, "3 values, of which 2 are different"),
        ({"values": [1.0, NAN, 0.0]}, "values = "),
        ({"values": "abc"}, "values = 'abc'"),
        ({"strength": 0}, "strength = 0"),
        ({"strength": -1}, "strength = -1"),
        ({"strength": float("inf")}, "strength = inf"),
        ({"strength": "20"}, "strength = '20'"),
        ({"smoothing": 3}, "unknown argument 'smoothing'"),
    ],
)
def test_a_table_that_training_would_not_write_is_refused(arguments, found):
    with pytest.raises(InputError, match=f"feature 'made': found {found}"):
        parse(declare(**arguments))


@pytest.mark.parametrize("number", [-0.01, 1.01])
def test_a_learned_rate_lies_between_0_and_1(number):
    with pytest.raises(InputError, match="learned numbers outside 0 to 1"):
        parse(declare(learned=[number] * 5), "target_mean")


def test_its_values_come_from_the_schema_and_special_ones_are_among_them():
    schema = SCHEMA
    items = [
        {"name": name, "function": "woe", "columns": [name]}
        for name in ("home", "purpose", "score")
    ]

    features = parse_features(resolve_features(items, schema=schema))

    assert [feature.arguments["values"] for feature in features] == [
        (1.0, 2.0, 3.0, 0.0),
        (1.0, 2.0, 7.0),
        (-9.0,),
    ]
    assert all(feature.arguments["strength"] == 20 for feature in features)
    assert parse_features(describe_features(features)) == features


@pytest.mark.parametrize("name", LEARNED_FUNCTIONS)
@pytest.mark.parametrize(
    ("column", "arguments", "found"),
    [
        ("income", {}, "column 'income', which declares no values"),
        ("home", {"learned": [0.5]}, "argument 'learned'; expected a declaration without it"),
        ("home", {"values": [1]}, "argument 'values'; expected a declaration without it"),
        ("home", {"strength": 0}, "strength = 0"),
    ],
)
def test_a_declaration_of_what_cannot_be_learned_is_refused(name, column, arguments, found):
    item = {"name": "made", "function": name, "columns": [column], "arguments": arguments}

    with pytest.raises(InputError, match=f"feature 'made': found {found}"):
        parse_features(resolve_features([item], schema=SCHEMA))


@pytest.mark.parametrize(
    ("name", "lowest", "highest"), [("woe", -100.0, 100.0), ("target_mean", 0.0, 1.0)]
)
def test_learned_numbers_lie_within_their_bounds_and_strengths_above_nought(name, lowest, highest):
    check = LEARNED_FUNCTIONS[name].check

    def find_fault(*learned, strength=20.0, values=(1.0, 2.0)):
        given = {"strength": strength, "values": values, "learned": learned}
        return check(["purpose"], given)

    assert find_fault(lowest, highest, lowest, highest) == ""
    assert find_fault() == ""
    assert find_fault(strength=5e-324) == ""
    for number in (np.nextafter(lowest, -np.inf), np.nextafter(highest, np.inf), np.nan):
        told = find_fault(0.0, 0.0, 0.0, number)
        assert told == f"learned numbers outside {lowest:g} to {highest:g}"
    assert find_fault(0.0, 0.0, 0.0) == "3 learned numbers for 2 values"
    assert find_fault(0.0, 0.0, 0.0, 0.0, 0.0) == "5 learned numbers for 2 values"
    assert find_fault(strength=0.0) == "strength = 0"
    assert find_fault(strength=np.inf) == "strength = inf"
    assert find_fault(values=()) == "0 values, of which 0 are different"
    assert find_fault(values=(1.0, 1.0)) == "2 values, of which 1 are different"


def test_rates_of_nought_and_one_are_kept_a_billionth_away():
    highest = np.log((1 - 1e-9) / 1e-9)

    assert compute_woe(np.array([0.0, 0.5, 1.0]), rate=0.5) == pytest.approx(
        [-highest, 0.0, highest]
    )
    assert compute_woe(np.array([0.5]), rate=0.0) == pytest.approx([highest])


def test_a_missing_value_has_the_place_behind_the_values_and_any_other_the_last():
    column = np.array([5.0, np.nan, 7.0, 3.0])

    assert place_values(column, [7.0, 5.0]).tolist() == [1, 2, 0, 3]
