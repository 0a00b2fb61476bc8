import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.model.families.recipe import Recipe
from credit_default.model.families.recipe_size import (
    SIZED_PARAMETERS,
    list_unset_of_members,
    size_column_share,
    size_leaf,
    size_recipe,
)

COUNTS = st.tuples(st.integers(2, 100_000), st.floats(0, 1))


@given(COUNTS)
def test_a_leaf_is_never_larger_than_for_many_rows(counts):
    rows, share = counts

    assert 5 <= size_leaf(rows, round(rows * share), largest=40) <= 40


@given(st.integers(100, 50_000), st.floats(0.02, 0.5))
def test_more_rows_of_the_same_share_never_make_leaves_smaller(rows, share):
    smaller, larger = (size_leaf(n, round(n * share), largest=40) for n in (rows, 2 * rows))

    assert smaller <= larger


@given(st.integers(100, 20_000))
def test_one_more_row_moves_a_leaf_by_one_at_most(rows):
    before, after = (size_leaf(n, n // 5, largest=40) for n in (rows, rows + 1))

    assert abs(after - before) <= 1


@pytest.mark.parametrize(
    ("rows", "defaults", "leaf"),
    [(24_000, 5_308, 40), (800, 240, 11), (972, 193, 11), (400, 88, 8), (200, 20, 5)],
    ids=["public card data", "German", "Lending Club", "400 rows", "few defaults"],
)
def test_leaves_of_known_sizes(rows, defaults, leaf):
    assert size_leaf(rows, defaults, largest=40) == leaf


@given(COUNTS)
def test_a_split_never_tries_fewer_features_than_for_many_rows(counts):
    rows, share = counts

    assert 0.2 <= size_column_share(rows, round(rows * share), smallest=0.2) <= 0.4


def test_the_note_says_what_follows_the_size_and_where_it_is_set():
    sized = size_recipe(Recipe(), row_count=800, default_count=240, sized=SIZED_PARAMETERS)

    assert sized.recipe == Recipe(leaf_row_count=11, column_share=0.4)
    assert sized.note == (
        "by the data's size (800 training rows, 240 of them defaulted) leaf_row_count is 11, not 40 and "
        "column_share is 0.4, not 0.2; section recipe sets others"
    )


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("extra-trees", {"leaf_row_count": 11, "column_share": 0.4}),
        ("boosting", {"leaf_row_count": 11}),
    ],
)
def test_each_family_sizes_parameters_of_its_own(family, values):
    sized = size_recipe(
        Recipe(family=family), row_count=800, default_count=240, sized=SIZED_PARAMETERS
    )

    assert sized.recipe == Recipe(family=family, **values)


@pytest.mark.parametrize(
    ("recipe", "sized"),
    [(Recipe(), ()), (Recipe(family="scorecard"), SIZED_PARAMETERS)],
    ids=["set by a person", "a family without leaves"],
)
def test_nothing_is_sized_where_nothing_follows_the_size(recipe, sized):
    result = size_recipe(recipe, row_count=800, default_count=240, sized=sized)

    assert (result.recipe, result.note) == (recipe, "")


def test_the_public_card_data_keep_the_recipe_and_say_nothing():
    result = size_recipe(Recipe(), row_count=24_000, default_count=5_308, sized=SIZED_PARAMETERS)

    assert (result.recipe, result.note) == (Recipe(), "")


def test_members_of_a_blend_follow_the_size_where_nobody_set_them():
    written = ["forest", {"family": "boosting", "leaf_row_count": 25}, "scorecard"]
    recipe = Recipe(family="blend", members=tuple(written), weights=(1, 2, 1))
    unset = list_unset_of_members(recipe, written)

    sized = size_recipe(recipe, row_count=800, default_count=240, sized=unset)

    forest, boosting, scorecard = sized.recipe.members
    assert unset == ("members.0.leaf_row_count", "members.0.column_share")
    assert forest == Recipe(leaf_row_count=11, column_share=0.4)
    assert (boosting, scorecard) == recipe.members[1:]
    assert sized.note == (
        "by the data's size (800 training rows, 240 of them defaulted) leaf_row_count of its forest is 11, not 40 "
        "and column_share of its forest is 0.4, not 0.2; section recipe sets others"
    )


def test_the_usual_members_follow_the_size_and_on_the_public_card_data_stay():
    recipe = Recipe(family="blend")
    unset = list_unset_of_members(recipe, None)

    small = size_recipe(recipe, row_count=800, default_count=240, sized=unset).recipe
    large = size_recipe(recipe, row_count=24_000, default_count=5_308, sized=unset)

    assert [member.leaf_row_count for member in small.members[:2]] == [11, 11]
    assert (large.recipe, large.note) == (recipe, "")


@pytest.mark.parametrize(
    ("rows", "defaults", "share"),
    [
        # Information is defaults · payers / rows; a factor of (information / 4,000) ** −.25, at most 2.
        (8_000, 4_000, 0.2),  # 2,000: 2 ** .25
        (16_000, 8_000, 0.2),  # 4,000: enough
        (4_000, 2_000, 0.2),
        (100, 50, 0.2),
        (100, 0, 0.2),
        (0, 0, 0.2),
        (100, 50, 0.7),
    ],
)
def test_the_share_of_columns_follows_the_root_of_the_information(rows, defaults, share):
    information = defaults * (rows - defaults) / max(rows, 1) / 4_000
    factor = min(2.0, max(information, 1e-9) ** -0.25)

    found = size_column_share(rows, defaults, smallest=share)

    expected = min(1.0, round(share * factor, 2)) if information < 1 else share
    assert found == expected
    assert found <= 1.0


@pytest.mark.parametrize(
    ("rows", "defaults"), [(8_000, 4_000), (4_000, 2_000), (800, 160), (100, 50), (0, 0), (50, 50)]
)
def test_a_leaf_follows_the_information_to_the_power_of_two_fifths(rows, defaults):
    information = min(1.0, defaults * (rows - defaults) / max(rows, 1) / 4_000)

    found = size_leaf(rows, defaults, largest=40)

    assert found == min(40, max(5, round(40 * information**0.4)))
    assert size_leaf(rows, defaults, largest=3) == 3
