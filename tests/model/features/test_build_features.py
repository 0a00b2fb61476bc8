import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.features.build_features import (
    build_features,
    describe_features,
    list_feature_names,
    list_input_names,
    parse_features,
)
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

SPEC = describe_features(CREDIT_CARD_FEATURES)
CLIENT = {
    "credit_limit": [100_000.0],
    "sex": [2],
    "education": [2],
    "marriage": [1],
    "age": [35],
    **{f"repayment_status_m{month}": [code] for month, code in enumerate((2, 0, -1, -2, 3, 0), 1)},
    **{
        f"bill_amount_m{month}": [bill]
        for month, bill in enumerate((50_000.0, 40_000.0, 0.0, -500.0, 8_000.0, 20_000.0), 1)
    },
    **{
        f"payment_amount_m{month}": [paid]
        for month, paid in enumerate((10_000.0, 0.0, 500.0, 8_000.0, 5_000.0, 0.0), 1)
    },
}


def build_client(name):
    return float(
        build_features(CLIENT, spec=SPEC)[0, list_feature_names(CREDIT_CARD_FEATURES).index(name)]
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("repayment_status_m3", -1.0),
        ("severity_maximum", 3.0),
        ("severity_mean", 5 / 6),
        ("severity_latest_three", 2 / 3),
        ("late_month_count", 2.0),
        ("two_months_late_count", 2.0),
        ("months_since_late", 0.0),
        ("unused_month_count", 1.0),
        ("paid_in_full_month_count", 1.0),
        ("revolving_month_count", 2.0),
        ("status_change", 2.0),
        ("utilisation_m1", 0.5),
        ("utilisation_maximum", 0.5),
        ("open_credit", 50_000.0),
        ("bill_mean", 117_500 / 6),
        ("paid_share_m1", 0.25),  # 10,000 of the 40,000 billed the month before
        ("paid_share_m2", 1.0),  # nothing was due
        ("paid_share_m3", 1.0),  # the account was in credit
        ("paid_share_m4", 1.0),
        ("paid_share_minimum", 0.25),
        ("paid_over_billed", 23_500 / 67_500),
        ("payment_over_limit", 23_500 / 6 / 100_000),
        ("zero_payment_count", 2.0),
        ("unpaid_over_limit_m1", 0.3),
        ("charged_over_limit_m1", 0.2),  # 50,000 billed, 30,000 of it left over
        ("log_credit_limit", np.log(100_001)),
    ],
)
def test_a_clients_feature_has_the_value_worked_out_by_hand(name, expected):
    assert build_client(name) == pytest.approx(expected, rel=1e-6)


def test_the_declared_features_use_every_input_of_the_schema_and_no_other():
    assert set(list_input_names(CREDIT_CARD_FEATURES)) == {
        column.name for column in CREDIT_CARD.inputs
    }
    assert len(list_feature_names(CREDIT_CARD_FEATURES)) == 71


def test_the_spec_is_plain_json():
    assert json.loads(json.dumps(SPEC, allow_nan=False)) == SPEC


def test_every_kind_of_frame_in_any_column_order_gives_the_same_bits(rows):
    expected = build_features(rows, spec=SPEC).tobytes()

    for frame in (
        rows.to_pandas(),
        rows.to_arrow(),
        rows.to_arrow().combine_chunks().to_batches()[0],
        rows.select(rows.columns[::-1]),
        {name: rows[name].to_numpy() for name in rows.columns if rows[name].dtype.is_numeric()},
        pd.DataFrame(rows.to_pandas(), columns=rows.columns[::-1]),
    ):
        assert build_features(frame, spec=SPEC).tobytes() == expected


@settings(deadline=None, max_examples=20)
@given(cut=st.integers(0, 400), seed=st.integers(0, 100))
def test_chunks_and_row_order_change_no_bit(rows, cut, seed):
    whole = build_features(rows, spec=SPEC)
    order = np.random.default_rng(seed).permutation(rows.height)

    chunks = np.vstack(
        [build_features(rows[:cut], spec=SPEC), build_features(rows[cut:], spec=SPEC)]
    )

    assert chunks.tobytes() == whole.tobytes()
    assert build_features(rows[order.tolist()], spec=SPEC).tobytes() == whole[order].tobytes()


def test_building_leaves_the_rows_alone(rows):
    before = rows.clone()

    build_features(rows, spec=SPEC)

    assert rows.equals(before)


def test_no_rows_give_an_empty_matrix_of_the_right_width(rows):
    matrix = build_features(rows[:0], spec=SPEC)

    assert matrix.shape == (0, 71)
    assert matrix.dtype == np.float32


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_missing_value_is_refused_and_not_filled_in(value):
    rows = pl.DataFrame(CLIENT).with_columns(
        pl.lit(value, dtype=pl.Float64).alias("bill_amount_m4")
    )

    with pytest.raises(InputError, match="bill_amount_m4"):
        build_features(rows, spec=SPEC)


def test_values_too_large_for_the_matrix_are_refused():
    with pytest.raises(InputError, match=r"feature 'debt'.*too large"):
        build_features(
            {"debt": [1e39]}, spec=[{"name": "debt", "function": "raw", "columns": ["debt"]}]
        )


def test_a_bare_matrix_is_refused():
    with pytest.raises(InputError, match="without column names"):
        build_features(np.ones((2, 23)), spec=SPEC)


def test_another_portfolio_builds_its_own_list():
    spec = describe_features(
        parse_features(
            [
                {"name": "loan_to_value", "function": "ratio", "columns": ["loan", "value"]},
                {"name": "arrears", "function": "maximum", "columns": ["arrears_m1", "arrears_m2"]},
            ],
            columns=["loan", "value", "arrears_m1", "arrears_m2"],
        )
    )

    matrix = build_features(
        {"loan": [80.0], "value": [100.0], "arrears_m1": [0], "arrears_m2": [3]}, spec=spec
    )

    assert matrix.tolist() == [[pytest.approx(0.8), 3.0]]
