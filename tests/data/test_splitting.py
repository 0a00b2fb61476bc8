import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import assign_folds, assign_sides, split

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


def sides_of(rows, name):
    in_test = assign_sides(rows, test_share=0.4)
    return {value: set(in_test.filter(rows[name] == value)) for value in rows[name].unique()}


@PROPERTY
@given(ROWS)
def test_a_client_is_on_one_side_only(values):
    rows = make_rows(values)

    assert all(len(sides) == 1 for sides in sides_of(rows, "client_id").values())


@PROPERTY
@given(ROWS)
def test_identical_rows_are_on_one_side(values):
    rows = make_rows(values)

    assert all(len(sides) == 1 for sides in sides_of(rows, "credit_limit").values())


@PROPERTY
@given(ROWS, ROWS)
def test_a_test_client_stays_one_when_rows_are_added(values, more):
    before, after = make_rows(values), make_rows([*values, *more])

    tested = set(before.filter(assign_sides(before))["client_id"])

    assert tested <= set(after.filter(assign_sides(after))["client_id"])


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
    rows = make_rows(values).with_columns(
        fold=pl.Series(assign_folds(make_rows(values), fold_count=fold_count))
    )

    assert rows["fold"].is_between(0, fold_count - 1).all()
    for name in ("client_id", "credit_limit"):
        assert (rows.group_by(name).agg(pl.col("fold").n_unique())["fold"] == 1).all()


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

    assert assign_sides(rows).n_unique() == 1
    assert assign_sides(rows.drop("credit_limit")).n_unique() == 2


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
