import polars as pl
import pytest

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.fairness.groupings import (
    AttributeBands,
    build_groupings,
    choose_attributes,
    find_quartiles,
)

LOANS = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "columns": [
            {
                "name": "region",
                "kind": "code",
                "description": "x",
                "codes": {"1": "north", "2": "south", "3": "east"},
            },
            {"name": "age", "kind": "integer", "description": "x", "protected": True},
            {"name": "income", "kind": "amount", "description": "x"},
        ],
        "outcome": {"description": "x"},
    }
)
AGES = AttributeBands("age", (30.0, 40.0))


def group(rows, attributes, *, schema=LOANS, bands=(AGES,)):
    return build_groupings(pl.DataFrame(rows), schema=schema, attributes=attributes, bands=bands)


def test_codes_go_by_their_meanings_and_numbers_by_their_bands():
    region, age, _ = group({"region": [2, 1, 2], "age": [29, 30, 64]}, ["region", "age"])

    assert (region.name, region.labels, region.group.tolist()) == (
        "region",
        ("north", "south"),
        [1, 0, 1],
    )
    assert (age.name, age.labels, age.group.tolist()) == (
        "age",
        ("below 30", "30-39", "40 and above"),
        [0, 1, 2],
    )


def test_empty_groups_are_not_named():
    region, age, pair = group({"region": [3, 3], "age": [50, 20]}, ["region", "age"])

    assert region.labels == ("east",)
    assert age.labels == ("below 30", "40 and above")
    assert (pair.name, pair.attributes) == ("region and age", ("region", "age"))
    assert (pair.labels, pair.group.tolist()) == (("east, below 30", "east, 40 and above"), [1, 0])


def test_every_pair_of_attributes_follows_the_single_ones():
    found = group(
        {"region": [1, 2], "age": [20, 50], "income": [1.0, 2.0]}, ["region", "age", "income"]
    )

    assert [grouping.name for grouping in found] == [
        "region",
        "age",
        "income",
        "region and age",
        "region and income",
        "age and income",
    ]


def test_a_number_without_bands_is_cut_at_its_quartiles():
    (income,) = group({"income": [1.0, 2.0, 3.0, 4.0, 5.0]}, ["income"])

    assert income.labels == ("below 2", "2 to below 3", "3 to below 4", "4 and above")
    assert income.group.tolist() == [0, 1, 2, 3, 3]


def test_a_number_that_is_always_the_same_is_one_group():
    (income,) = group({"income": [7.0, 7.0]}, ["income"])

    assert (income.labels, income.group.tolist()) == (("7 and above",), [0, 0])


def test_codes_of_one_meaning_stay_groups_of_their_own():
    (education,) = group({"education": [0, 5, 1]}, ["education"], schema=CREDIT_CARD)

    assert education.labels == (
        "undocumented, as in the source (0)",
        "graduate school",
        "undocumented, as in the source (5)",
    )
    assert education.group.tolist() == [0, 2, 1]


def test_protected_columns_and_named_ones_are_compared_in_the_schema_s_order():
    assert choose_attributes(CREDIT_CARD, named=("education",)) == (
        "sex",
        "education",
        "marriage",
        "age",
    )
    assert choose_attributes(LOANS, named=("region",)) == ("region", "age")
    assert choose_attributes(LOANS, named=("education",), by_default=("education",)) == ("age",)


def test_an_attribute_that_the_schema_lacks_is_refused():
    with pytest.raises(InputError, match=r"fairness attributes: found 'sx'"):
        choose_attributes(CREDIT_CARD, named=("sx",), by_default=("education",))


@pytest.mark.parametrize("edges", [(), (40.0, 30.0), (30.0, 30.0), (float("nan"), 1.0)])
def test_bands_that_do_not_rise_are_refused(edges):
    with pytest.raises(InputError, match="bands of age"):
        AttributeBands("age", edges)


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        ((40.0,), ("below 40", "40 and above")),
        ((30.0, 40.0, 50.0), ("below 30", "30-39", "40-49", "50 and above")),
        ((30.5, 40.0), ("below 30.5", "30.5 to below 40", "40 and above")),
    ],
)
def test_bands_of_whole_numbers_end_before_the_next_unless_an_edge_is_none(edges, labels):
    ages = [20, 35, 45, 60]

    (age,) = group({"age": ages}, ["age"], bands=(AttributeBands("age", edges),))

    assert age.labels == labels
    assert age.group.tolist() == [sum(value >= edge for edge in edges) for value in ages]


def test_special_and_missing_values_are_groups_behind_the_bands():
    schema = parse_schema(
        {
            "name": "odd",
            "version": "1",
            "columns": [
                {
                    "name": "score",
                    "kind": "integer",
                    "description": "x",
                    "optional": True,
                    "special": {"-9": "no file", "-8": "unusable"},
                }
            ],
            "outcome": {"description": "x"},
        }
    )

    (score,) = group(
        {"score": [-8, 500, None, -9, 700]},
        ["score"],
        schema=schema,
        bands=(AttributeBands("score", (600.0,)),),
    )

    assert score.labels == ("below 600", "600 and above", "no file", "unusable", "not stated")
    assert score.group.tolist() == [3, 0, 4, 2, 1]


def test_quartiles_are_told_once_each_and_none_without_values():
    assert find_quartiles(pl.Series([1.0, 1.0, 1.0, 5.0])) == (1.0, 2.0)
    assert find_quartiles(pl.Series([None], dtype=pl.Float64)) == ()
    assert find_quartiles(pl.Series([4.0, None, 2.0])) == (2.5, 3.0, 3.5)


def test_a_pair_is_numbered_by_both_places():
    _, _, pair = group({"region": [1, 2, 2, 1], "age": [20, 50, 20, 50]}, ["region", "age"])

    assert pair.labels == (
        "north, below 30",
        "north, 40 and above",
        "south, below 30",
        "south, 40 and above",
    )
    assert pair.group.tolist() == [0, 3, 2, 1]
