import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import assign_folds, assign_sides, split
from credit_default.errors import InputError

# Few values of one input make identical rows likely, on which these properties depend.
ROWS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 3), st.integers(0, 12), st.integers(0, 1)),
    max_size=60,
)
PROPERTY = settings(deadline=None, max_examples=40)  # the first example pays for imports


def make_rows(values):
    rows = pl.DataFrame(
        values,
        schema=["client", "month", "limit", "defaulted"],
        orient="row",
        schema_overrides=dict.fromkeys(["client", "month", "limit", "defaulted"], pl.Int64),
    )
    return rows.select(
        client_id=pl.format("c{}", "client"),
        statement_month=pl.format("2020-0{}", "month"),
        credit_limit=pl.col("limit").cast(pl.Float64),
        defaulted="defaulted",
    )


def make_rare_rows(values):
    """Return the rows in a portfolio of twelve columns and 60 more clients with rows of their own."""
    rows = make_rows([*values, *((100 + number, 1, 100 + number, 0) for number in range(60))])
    return rows.with_columns(
        pl.col("credit_limit").alias(f"bill_m{number}") for number in range(11)
    )


def find_twins(rows):
    """Return the values that from two to five clients share."""
    counted = rows.group_by("credit_limit").agg(pl.col("client_id").n_unique().alias("count"))
    return counted.filter(pl.col("count").is_between(2, 5))["credit_limit"].to_list()


def sides_of(rows, name):
    in_test = assign_sides(rows, test_share=0.4)
    return {value: set(in_test.filter(rows[name] == value)) for value in rows[name].unique()}


def make_coarse_rows(client_count, *, column_count=5, level_count=3):
    codes = np.random.default_rng(1).integers(0, level_count, size=(client_count, column_count))
    return pl.DataFrame(codes, schema=[f"code_{n}" for n in range(column_count)]).with_columns(
        client_id=pl.format("c{}", pl.int_range(pl.len())), statement_month=pl.lit("2020-01")
    )


@PROPERTY
@given(ROWS)
def test_a_client_is_on_one_side_only(values):
    rows = make_rows(values)

    assert all(len(sides) == 1 for sides in sides_of(rows, "client_id").values())


@PROPERTY
@given(ROWS)
def test_clients_with_the_same_rare_row_are_on_one_side(values):
    rows = make_rare_rows(values)

    sides = sides_of(rows, "credit_limit")

    assert all(len(sides[value]) == 1 for value in find_twins(rows))


@PROPERTY
@given(ROWS, ROWS)
def test_a_client_without_a_twin_keeps_its_side_when_rows_are_added(values, more):
    before, after = make_rare_rows(values), make_rare_rows([*values, *more])
    alone = (
        after.filter(pl.col("client_id").n_unique().over("credit_limit") == 1)
        .filter(pl.col("client_id").is_in(before["client_id"].to_list()))
        .get_column("client_id")
        .unique()
    )

    sides = [
        dict(zip(rows["client_id"], assign_sides(rows, test_share=0.4), strict=True))
        for rows in (before, after)
    ]

    paired = set(after.filter(pl.col("client_id").n_unique().over("credit_limit") > 1)["client_id"])
    assert all(sides[0][name] == sides[1][name] for name in set(alone) - paired)


@PROPERTY
@given(ROWS, st.randoms())
def test_row_order_changes_no_side_and_no_fold(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    rows = make_rows(values)

    assert assign_sides(rows[order]).to_list() == assign_sides(rows)[order].to_list()
    assert (
        assign_folds(rows[order], fold_count=3).tolist()
        == assign_folds(rows, fold_count=3)[order].tolist()
    )


@PROPERTY
@given(ROWS)
def test_split_keeps_every_row_once_in_the_order_of_the_key(values):
    rows = make_rows(values)

    sides = split(rows)

    assert sorted(pl.concat([sides.development, sides.test]).rows()) == sorted(rows.rows())
    assert sides.test["client_id"].is_sorted()
    assert not set(sides.test["client_id"]) & set(sides.development["client_id"])


@PROPERTY
@given(ROWS, st.integers(2, 6))
def test_linked_clients_share_a_fold(values, fold_count):
    rows = make_rare_rows(values)
    folds = pl.Series(assign_folds(rows, fold_count=fold_count))

    assert folds.is_between(0, fold_count - 1).all()
    assert all(folds.filter(rows["client_id"] == n).n_unique() == 1 for n in rows["client_id"])
    assert all(folds.filter(rows["credit_limit"] == n).n_unique() == 1 for n in find_twins(rows))


def test_sides_are_these_on_every_machine():
    rows = make_rows([(client, 1, client, 0) for client in range(12)])

    assert assign_sides(rows, test_share=0.5).to_list() == [
        False,
        True,
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        False,
        True,
        True,
    ]


def test_another_salt_draws_other_sides():
    rows = make_rows([(client, 1, client, 0) for client in range(200)])

    assert assign_sides(rows).to_list() != assign_sides(rows, salt="another").to_list()
    assert assign_sides(rows, test_share=0.0).sum() == 0
    assert assign_sides(rows, test_share=1.0).sum() == 200


def test_another_seed_draws_other_folds():
    rows = make_rows([(client, 1, client, 0) for client in range(200)])

    assert assign_folds(rows, seed=1).tolist() != assign_folds(rows, seed=2).tolist()


def test_folds_are_dealt_without_outcomes_too():
    rows = make_rows([(client, 1, client, 0) for client in range(10)]).drop("defaulted")

    assert np.bincount(assign_folds(rows)).tolist() == [2, 2, 2, 2, 2]


def test_rows_without_inputs_link_no_clients():
    rows = make_rows([(client, 1, 7, 0) for client in range(50)])

    assert assign_sides(rows.drop("credit_limit")).n_unique() == 2


def test_one_column_of_few_values_links_no_clients():
    rows = make_rows([(client, 1, client // 2, 0) for client in range(400)])

    in_test = assign_sides(rows)

    assert rows.filter(in_test).height == pytest.approx(80, abs=25)
    assert any(len(sides) == 2 for sides in sides_of(rows, "credit_limit").values())


@pytest.mark.parametrize("client_count", [300, 5_000, 40_000])
def test_a_portfolio_of_coarse_codes_is_split_by_the_share_asked_for(client_count):
    rows = make_coarse_rows(client_count)

    sides = split(rows)
    folds = np.bincount(assign_folds(rows))

    assert sides.test.height / client_count == pytest.approx(0.2, abs=5 * 0.4 / client_count**0.5)
    assert folds.max() - folds.min() <= 1


def test_many_months_of_coarse_codes_do_not_chain_their_clients():
    months = [
        make_coarse_rows(1_000, column_count=8).with_columns(
            pl.lit(f"2020-{month:02d}").alias("statement_month"),
            *[pl.col(f"code_{n}").shuffle(seed=100 * month + n) for n in range(8)],
        )
        for month in range(1, 13)
    ]

    sides = split(pl.concat(months))

    assert sides.test["client_id"].n_unique() == pytest.approx(200, abs=60)


def test_clients_who_share_special_values_in_every_column_are_not_twins():
    plain = [(client, 1, client, 0) for client in range(3_000)]
    special = [(client, 1, -9, 0) for client in range(3_000, 3_383)]
    rows = make_rare_rows([*plain, *special])

    tested = rows.filter(assign_sides(rows), credit_limit=-9)

    assert tested.height == pytest.approx(0.2 * 383, abs=40)


def test_clients_loaded_twice_are_kept_together_and_a_file_of_them_is_refused():
    some = make_rare_rows([(client, 1, client % 800, 0) for client in range(1_000)])
    every = make_rare_rows([(client, 1, client % 500, 0) for client in range(1_000)])

    assert all(len(sides) == 1 for sides in sides_of(some, "credit_limit").values())
    with pytest.raises(InputError, match=r"100% of the clients have the same rare row as another"):
        split(every)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_client_with_most_of_the_rows_is_refused(share):
    many = int(200 * share / (1 - share))
    rows = make_rows([(client, 1, client, 0) for client in range(200)] + [(999, 1, 7, 0)] * many)
    salts = [f"salt {number}" for number in range(12)]

    refused = []
    for salt in salts:
        try:
            assign_sides(rows, salt=salt)
        except InputError as error:
            refused.append(str(error))
    with pytest.raises(InputError, match="in one fold"):
        assign_folds(rows)

    assert len(refused) >= 2
    assert all("rows on the test side" in message for message in refused)
    assert all(f"linked clients has {many:,} rows" in message for message in refused)
    assert all("about 20.0%" in message for message in refused)


def test_columns_may_have_any_name():
    rows = make_rare_rows([(client, 1, client % 800, 0) for client in range(1_000)])
    named = rows.rename({"bill_m1": "client", "bill_m2": "other", "bill_m3": "row_count"})

    assert assign_sides(named).to_list() == assign_sides(rows).to_list()


@pytest.fixture(scope="module")
def real_rows(real_data):
    read = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="kept",
    )
    return read.accepted_rows()


def test_real_sides_have_their_share_of_clients_and_of_defaults(real_rows):
    sides = split(real_rows)

    assert sides.test.height / 30_000 == pytest.approx(0.2, abs=0.01)
    assert sides.test["defaulted"].mean() == pytest.approx(0.2212, abs=0.01)


def test_real_folds_are_balanced_within_one_percent(real_rows):
    folds = assign_folds(real_rows, seed=3)

    sizes = np.bincount(folds)
    defaults = np.bincount(folds, weights=real_rows["defaulted"].to_numpy())
    assert sizes.max() / sizes.min() < 1.01
    assert defaults.max() / defaults.min() < 1.01


def test_real_rows_that_differ_by_id_and_outcome_only_are_never_parted(real_rows):
    inputs = [column.name for column in CREDIT_CARD.inputs]
    parted = real_rows.with_columns(
        side=assign_sides(real_rows), fold=pl.Series(assign_folds(real_rows))
    )

    groups = parted.group_by(inputs).agg(
        pl.len(), pl.col("side").n_unique(), pl.col("fold").n_unique()
    )

    assert groups.filter(pl.col("len") > 1).height == 52
    assert groups["side"].max() == 1
    assert groups["fold"].max() == 1


def test_clients_at_the_same_special_values_are_no_twins_and_the_sides_are_even():
    generator = np.random.default_rng(3)
    inputs = generator.integers(0, 100, (3_000, 23))
    inputs[:110] = -9  # no bureau file: the same special value in every column
    rows = pl.DataFrame(inputs, schema=[f"x{number}" for number in range(23)]).with_columns(
        client_id=pl.Series([f"c{number}" for number in range(3_000)]),
        statement_month=pl.lit("2005-09"),
        defaulted=pl.Series(generator.integers(0, 2, 3_000)),
    )

    in_test = assign_sides(rows)

    assert 0.17 < in_test.mean() < 0.23
    assert 0 < in_test.head(110).sum() < 110
    assert np.bincount(assign_folds(rows)).max() < 700


def test_three_discrete_columns_of_3_000_rows_can_be_split():
    generator = np.random.default_rng(4)
    inputs = generator.integers(0, [4, 5, 12], (3_000, 3))
    rows = pl.DataFrame(inputs, schema=["a", "b", "c"]).with_columns(
        client_id=pl.Series([f"c{number}" for number in range(3_000)]),
        statement_month=pl.lit("2005-09"),
        defaulted=pl.Series(generator.integers(0, 2, 3_000)),
    )

    assert 0.17 < assign_sides(rows).mean() < 0.23
    assert np.bincount(assign_folds(rows)).max() < 700
