import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from credit_default.errors import InputError
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import parse_features
from credit_default.model.features.expression_functions import OPERATORS, SQL_NAMES
from credit_default.model.features.expressions import list_expression_columns
from credit_default.model.features.input_values import list_possibly_missing, parse_input_values

NAN = float("nan")
# Every operator and function that is allowed, each in one of them.
ALLOWED = [
    "a + b - 0.5 * a",
    "a / b",
    "-a % 7",
    "MOD(a, b)",
    "ABS(a) + SIGN(b) * CEIL(a) + FLOOR(b) + CEILING(b)",
    "SQRT(ABS(a)) + CBRT(b)",
    "LN(1 + ABS(a)) + LOG10(1 + ABS(b)) + LOG2(1 + ABS(b)) + LOG1P(ABS(a))",
    "EXP(a / 1000)",
    "POW(ABS(a), 0.5) + POWER(b, 2)",
    "LEAST(a, b, 3) + GREATEST(a, b)",
    "NULLIF(a, 0) * 2",
    "IF(a > b, a, b)",
    "CASE WHEN a > 1 AND b <= 2 THEN a WHEN a < 0 OR b = 3 THEN b ELSE 7 END",
    "CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE 0 END",
    "a BETWEEN 1 AND 20",
    "a NOT BETWEEN 1 AND 20",
    "a IN (1, 2, 3.5)",
    "a NOT IN (1, 2)",
    "NOT (a >= b)",
    "a != b",
    "a <> 3 AND TRUE",
    "(a > 1) + (b > 1)",
    "a > DATE '1970-01-11'",
    # Polars has functions of its own where a number has decimals.
    "(a > 0.5) + (a >= 1.5) + (b < 2.5) + (b <= 3.5) + (a = 0.5) + (b != 0.5)",
    "a + 0.5 - b * 1.5 + a / 2.5 + b % 2.5",
    "CASE WHEN a * b BETWEEN 0.5 AND 7.5 AND NOT (a > b / 2) THEN -(a - 0.5) ELSE 1.5 END",
]
numbers = st.floats(-1e6, 1e6, allow_subnormal=False) | st.sampled_from([0.0, 1.0, 2.0, 3.0, 3.5])
columns = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30)


def compute(text, rows, **inputs):
    names = list_expression_columns(text, thing="feature 'made'")
    item = {
        "name": "made",
        "function": "expression",
        "columns": list(names),
        "arguments": {"expression": text},
    }
    (feature,) = parse_features([item])
    arrays = [np.asarray(rows[name], dtype=np.float64) for name in names]
    return feature.row_function.compute(arrays, **feature.arguments)


def build(text, rows, inputs):
    names = list(list_expression_columns(text, thing="feature 'made'"))
    item = {"name": "made", "function": "expression", "columns": names}
    spec = [{**item, "arguments": {"expression": text}}]
    return build_features(rows, spec=spec, inputs=inputs)[:, 0].tolist()


@pytest.mark.parametrize("text", ALLOWED)
@settings(max_examples=15)
@given(rows=columns)
@example(rows=[(1.0, 2.0), (-3.0, 0.5), (0.0, 1.0), (10.0, 3.0)])
def test_an_expression_means_what_polars_means_by_it(text, rows):
    frame = pl.DataFrame(rows, schema=["a", "b"], orient="row")
    meant = frame.select(pl.sql_expr(text).cast(pl.Float64).alias("x"))["x"].to_numpy()

    found = compute(text, {name: frame[name].to_numpy() for name in "ab"})

    is_number = np.isfinite(meant)
    np.testing.assert_allclose(found[is_number], meant[is_number], rtol=1e-12, atol=1e-12)
    assert np.isnan(found[~is_number]).all()


@pytest.mark.parametrize("text", ALLOWED)
@settings(max_examples=15)
@given(rows=columns, seed=st.integers(0, 99))
def test_a_row_has_the_same_bits_alone_in_another_order_or_in_another_chunk(text, rows, seed):
    whole = np.array(rows)
    order = np.random.default_rng(seed).permutation(len(rows))

    found = compute(text, {"a": whole[:, 0], "b": whole[:, 1]})

    shuffled = compute(text, {"a": whole[order, 0], "b": whole[order, 1]})
    alone = [compute(text, {"a": row[:1], "b": row[1:]})[0] for row in whole]
    assert found[order].tobytes() == shuffled.tobytes()
    assert found.tobytes() == np.array(alone).tobytes()


@pytest.mark.parametrize("text", ALLOWED)
def test_a_row_has_the_same_bits_in_chunks_of_a_large_file(text):
    random = np.random.default_rng(1)
    rows = {name: random.normal(10, 40, 5_003) for name in "ab"}

    found = compute(text, rows)

    chunks = [
        compute(text, {k: v[at : at + 617] for k, v in rows.items()}) for at in range(0, 5_003, 617)
    ]
    assert found.tobytes() == np.concatenate(chunks).tobytes()


@pytest.mark.parametrize("text", [text for text in ALLOWED if "b" in text.replace("ABS", "")])
def test_a_missing_value_in_gives_a_missing_value_out(text):
    found = compute(text, {"a": [1.0, 1.0, NAN], "b": [2.0, NAN, 2.0]})

    assert np.isnan(found).tolist()[1:] == [True, "a" in text]
    assert not np.isnan(found[0])


@pytest.mark.parametrize(
    ("text", "a", "b", "expected"),
    [
        ("a / b", 1, 0, NAN),
        ("a / b", 0, 0, NAN),
        ("a % b", 1, 0, NAN),
        ("CASE WHEN a / b > 2 THEN 1 ELSE 0 END", 1, 0, NAN),
        ("a / b > 2 OR a = 1", 1, 0, 1),
        ("a / b > 2 AND a = 2", 1, 0, 0),
        ("LEAST(a / b, 1)", 1, 0, NAN),
        ("CASE WHEN b > 0 THEN a / b ELSE 9 END", 1, 0, 9),
        ("a / NULLIF(b, 0)", 1, 0, NAN),
        ("LN(a)", 0, 1, NAN),
        ("SQRT(a)", -1, 1, NAN),
        ("SQRT(a) > 2", -1, 1, NAN),
        ("EXP(a)", 1e6, 1, NAN),
        ("CASE WHEN a > 1 THEN 5 END", 0, 1, NAN),
        ("CASE WHEN a > 1 THEN NULL ELSE 4 END", 0, 1, 4),
        ("NOT (a / b > 1)", 1, 0, NAN),
        ("a / b IN (1, 2)", 1, 0, NAN),
        ("TRUE AND a > 0", 1, 0, 1),
    ],
)
def test_what_cannot_be_computed_is_missing_unless_a_case_passes_it_by(text, a, b, expected):
    np.testing.assert_array_equal(compute(text, {"a": [a], "b": [b]}), [expected])


def test_a_special_value_counts_as_missing_and_an_earlier_otherwise_gives_it_a_number():
    rows = {"debt": [10.0, -9.0], "income": [5.0, 5.0]}
    inputs = {"debt": {"optional": False, "special": [-9.0]}}
    item = {"name": "known", "function": "otherwise", "columns": ["debt"], "kept": False}
    spec = [
        {**item, "arguments": {"value": 0}},
        {
            "name": "made",
            "function": "expression",
            "columns": ["known", "income"],
            "arguments": {"expression": "known / income"},
        },
    ]

    np.testing.assert_array_equal(build("debt / income", rows, inputs), [2, NAN])
    assert build_features(rows, spec=spec, inputs=inputs)[:, 0].tolist() == [2, 0]


def test_a_feature_by_expression_may_be_missing_whatever_its_columns_are():
    item = {"name": "made", "function": "expression", "columns": ["a"]}
    features = parse_features([{**item, "arguments": {"expression": "LN(a)"}}])

    assert list_possibly_missing(features, parse_input_values(None)) == ("made",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SUM(a)", "the function SUM"),
        ("a - AVG(a) OVER ()", "the function AVG"),
        ("sum (a)", "the function SUM"),
        ("ROW_NUMBER() OVER (ORDER BY a)", "the function ROW_NUMBER"),
        ("LAG(a) OVER (ORDER BY a)", "the function LAG"),
        ("a > ALL (b)", "the function ALL"),
        ("RANDOM() * a", "the function RANDOM"),
        ("READ_CSV('/etc/passwd')", "the function READ_CSV"),
        ("a IN (SELECT b FROM t)", r"a query \(SELECT\)"),
        ("(select a)", r"a query \(SELECT\)"),
        ("COLUMNS('a')", "the function COLUMNS"),
        ("GREATST(a, b)", r"the function GREATST \(nearest is GREATEST\)"),
        ("COALESCE(a, 0)", "the function COALESCE"),
        ("a IS NULL", "IS NULL"),
        ("a IS DISTINCT FROM b", "IS NULL, or what compares missing values"),
        ("a::varchar", "a change of type"),
        ("a || 'x'", "a change of type"),
        ("a AS c", r"a name \(AS\)"),
        ("a // b", r"a whole division \(//\)"),
        ("a.b", "StructExpr"),
        ("a = 'x'", "the value 'x'"),
        ("a AND b", "'a AND b'"),
        ("CASE WHEN a THEN 1 ELSE 0 END", "invalid series dtype"),
        ("a IN ('x')", "IN with anything but numbers"),
        ("1e400 * a", "a value that is no number"),
        ("a > INTERVAL '1d'", "a value that is no number"),
        ("a +", "unable to parse"),
        ("a; b", "invalid expression"),
        ("*", "unable to parse"),
        ("", "unable to parse"),
        ("2 + 2", "which has no column"),
        ("a" + " + a" * 100, "an expression too deep"),
        ("a" + " + a" * 400, "1601 characters"),
        ("(" * 300 + "a" + ")" * 300, r"'\(\(\("),
        ("NOT " * 200 + "(a > 1)", "'NOT NOT"),
    ],
)
def test_what_is_not_computed_from_one_row_is_refused_by_name(text, found):
    with pytest.raises(InputError, match=f"feature 'made': found .*{found}"):
        list_expression_columns(text, thing="feature 'made'")


@pytest.mark.parametrize(
    ("columns", "text", "found"),
    [
        (["b", "a"], "a / b", "columns 'b', 'a' of other names"),
        (["a", "b"], "SUM(a) / b", "the function SUM"),
        (["a"], 3, "expression = 3"),
        (["a"], "a" * 3_000, "expression = 'aaa"),
    ],
)
def test_a_stored_feature_is_checked_as_a_declared_one_is(columns, text, found):
    item = {"name": "made", "function": "expression", "columns": columns}

    with pytest.raises(InputError, match=f"feature 'made': found {found}"):
        parse_features([{**item, "arguments": {"expression": text}}])


def test_every_name_that_a_message_offers_and_every_operator_is_tried_above():
    written = " ".join(ALLOWED)

    assert [name for name in SQL_NAMES if f"{name}(" not in written] == []
    # Other spellings of the same operators, which Polars may come to use for SQL.
    assert {"Multiply", "TrueDivide", "Modulus", "NotEq"} < set(OPERATORS)
