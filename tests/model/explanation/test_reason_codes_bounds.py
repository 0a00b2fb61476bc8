"""Reasons at every bound, by a finder whose rows, measures and contributions are written out here."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from credit_default.model.explanation.reason_codes import (
    PROTECTED_CONCEPT,
    ReasonFinder,
    ReasonsPolicy,
)
from credit_default.model.explanation.reason_table import Concept, Condition, ReasonTable, Wording
from credit_default.model.explanation.shapley import Explanation
from credit_default.model.features.declaration import Feature
from credit_default.model.features.input_values import InputValues

ALWAYS = (Condition("a", "at least", -1e9),)
NEVER = (Condition("a", "at least", 1e9),)


def make_concept(name, *wordings):
    return Concept(name, f"subject of {name}", (f"{name}_f",), wordings)


def make_finder(*concepts, background=(1.0, 2.0, 3.0)):
    rows = pl.DataFrame(
        {"a": background, "b": background}, schema={"a": pl.Float64, "b": pl.Float64}
    )
    explainer = SimpleNamespace(
        background_rows=rows,
        bundle=SimpleNamespace(input_values={name: InputValues(optional=True) for name in "ab"}),
        explain=None,
    )
    measures = (Feature("a", "raw", ("a",)), Feature("b", "raw", ("b",)))
    return ReasonFinder(explainer, ReasonTable(measures, concepts))


def select(finder, contributions, *, a=0.0, b=0.0, risk=1.0, base=0.0):
    names = tuple(f"{concept.name}_f" for concept in finder.table.concepts)
    explanation = Explanation(names, np.array([contributions]), np.array([risk]), base)
    rows = pl.DataFrame({"a": [a], "b": [b]}, schema={"a": pl.Float64, "b": pl.Float64})
    (reasons,) = finder.select_reasons(explanation, rows)
    return reasons


def name_all(*names):
    return make_finder(*(make_concept(name, Wording(name, ALWAYS)) for name in names))


def test_a_twentieth_of_the_rise_is_a_principal_reason_and_less_is_not():
    finder = name_all("one", "two")

    assert select(finder, [0.5, 0.05]) == ["one", "two"]
    assert select(finder, [0.5, 0.049]) == ["one"]
    assert select(finder, [0.5, 0.099], risk=3.0, base=1.0) == ["one"]
    assert select(finder, [0.5, 0.1], risk=3.0, base=1.0) == ["one", "two"]


def test_what_adds_nothing_or_takes_away_is_no_reason_whatever_the_rise():
    finder = name_all("one", "two", "zero")

    assert select(finder, [0.1, -0.01, 0.0], risk=-0.5) == ["one"]
    assert select(finder, [0.1, -0.01, 0.0], risk=0.0) == ["one"]
    assert select(finder, [0.0, -0.2, -0.1], risk=-0.3) == []


def test_the_four_largest_are_told_and_equal_ones_by_their_names():
    finder = name_all("f", "e", "d", "c", "b", "a")

    assert select(finder, [0.1, 0.2, 0.1, 0.1, 0.1, 0.1]) == ["e", "a", "b", "c"]
    assert select(finder, [0.1 + 4e-13, 0.0, 0.0, 0.0, 0.1, 0.0]) == ["b", "f"]
    assert select(finder, [0.1 + 2e-12, 0.0, 0.0, 0.0, 0.1, 0.0]) == ["f", "b"]


def test_one_wording_of_several_concepts_is_told_once():
    same = Wording("not stated", ALWAYS)
    finder = make_finder(make_concept("x", same), make_concept("y", same))

    assert select(finder, [0.2, 0.4]) == ["not stated"]


def test_the_subject_of_the_largest_stands_in_only_where_no_wording_holds():
    finder = make_finder(
        make_concept("x", Wording("x", NEVER)), make_concept("y", Wording("y", NEVER))
    )

    assert select(finder, [0.2, 0.4]) == ["subject of y"]
    assert select(finder, [0.2, 0.01], risk=9.0) == ["subject of x"]
    assert select(finder, [0.0, -0.1]) == []
    one_held = make_finder(
        make_concept("x", Wording("x", NEVER)), make_concept("y", Wording("y", ALWAYS))
    )
    assert select(one_held, [0.4, 0.2]) == ["y"]


def test_the_first_wording_that_holds_is_told():
    finder = make_finder(
        make_concept(
            "x",
            Wording("both", (Condition("a", "at least", 5), Condition("b", "at most", 2))),
            Wording("first", (Condition("a", "at least", 5),)),
            Wording("any", ALWAYS),
        )
    )

    assert select(finder, [1.0], a=5, b=2) == ["both"]
    assert select(finder, [1.0], a=5, b=2.1) == ["first"]
    assert select(finder, [1.0], a=4.9, b=2) == ["any"]


@pytest.mark.parametrize(
    ("side", "holding", "failing"),
    [
        ("at least", [3.0, 3.1], [2.9, np.nan]),
        ("at most", [3.0, 2.9], [3.1, np.nan]),
        ("above", [2.1], [2.0, 1.9, np.nan]),
        ("below", [1.9], [2.0, 2.1, np.nan]),
    ],
)
def test_each_side_of_a_condition_holds_on_its_side_alone(side, holding, failing):
    """2 is the median of the background, which missing values do not move."""
    wording = Wording("held", (Condition("a", side, 3.0),))
    finder = make_finder(make_concept("x", wording), background=(1.0, 2.0, 8.0, np.nan, np.nan))

    assert [select(finder, [1.0], a=value) for value in holding] == [["held"]] * len(holding)
    assert [select(finder, [1.0], a=v) for v in failing] == [["subject of x"]] * len(failing)


@pytest.mark.parametrize("side", ["above", "below"])
def test_nothing_is_above_or_below_what_the_background_never_has(side):
    finder = make_finder(
        make_concept("x", Wording("held", (Condition("a", side),))), background=(np.nan, np.nan)
    )

    assert select(finder, [1.0], a=5.0) == ["subject of x"]


def test_features_of_a_concept_are_summed_and_those_of_none_are_protected():
    concept = Concept("x", "x", ("p", "q"), ())
    finder = make_finder(concept)
    explanation = Explanation(
        ("p", "age", "q"), np.array([[0.1, 0.4, 0.2], [0.0, 0.0, -0.1]]), np.ones(2), 0.0
    )

    sums = finder.sum_concepts(explanation)

    assert sums["x"] == pytest.approx([0.3, -0.1])
    assert sums[PROTECTED_CONCEPT] == pytest.approx([0.4, 0.0])


def test_without_rows_or_without_concepts_there_are_no_reasons():
    none = Explanation(("x_f",), np.empty((0, 1)), np.empty(0), 0.0)
    rows = pl.DataFrame({"a": [], "b": []}, schema={"a": pl.Float64, "b": pl.Float64})
    assert name_all("x").select_reasons(none, rows) == []

    two = Explanation(("x_f",), np.ones((2, 1)), np.ones(2), 0.0)
    assert make_finder().select_reasons(two, rows) == [[], []]


def test_a_limit_of_nought_explains_nobody_and_the_limit_itself_is_explained():
    assert ReasonsPolicy("auto", limit=0).count_explained(3) == 0
    assert ReasonsPolicy("auto", limit=3).count_explained(3) == 3
    assert ReasonsPolicy("auto", limit=3).count_explained(4) == 3
    assert ReasonsPolicy().count_explained(1_000_001) == 1_000_000
