from collections import Counter
from datetime import date, datetime, time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.checking.file_faults import FileFaultPolicy, describe_values
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError

LAW = settings(deadline=None, max_examples=30)  # the first example pays for imports

SMALL = parse_schema(
    {
        "name": "small",
        "version": "1",
        "columns": [
            {
                "name": "grade",
                "kind": "code",
                "description": "x",
                "codes": {"1": "good", "2": "bad"},
            },
            {"name": "age", "kind": "integer", "description": "x", "minimum": 18, "maximum": 120},
            {"name": "limit", "kind": "amount", "description": "x", "minimum": 0},
            {"name": "bill", "kind": "amount", "description": "x"},
            {"name": "seen_at", "kind": "time", "description": "x"},
        ],
        "outcome": {"description": "x"},
        "rules": [
            {"name": "bill_within_limit", "expression": "bill <= 2 * limit", "description": "x"}
        ],
    }
)

CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            " ",
            "1",
            " 2 ",
            "2.0",
            "2.5",
            "1e+05",
            "20",
            "200",
            "-1",
            "NaN",
            "inf",
            "1/000",
            "x",
            "9" * 30,
        ]
    ),
)
IDS = st.sampled_from([None, "", "a", "b", "c", "d", "e", "-a", ".a", "=a", "a b", "a" * 65, "ü"])
MONTHS = st.sampled_from(["2005-09", "2005-10", "2005-13", "2005-9", "200509", None])
TIMES = st.sampled_from(
    ["2005-10-01", "2005-10-01T08:00:00Z", "2005-10-01T08:00:00+08:00", "soon", "", None]
)
ROWS = st.lists(
    st.tuples(IDS, MONTHS, CELLS, CELLS, CELLS, CELLS, TIMES, CELLS), min_size=1, max_size=15
)
NEVER = FileFaultPolicy(least_rows=1_000)


def make_small(rows):
    names = [*SMALL.names, "defaulted"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").with_columns(
        line=pl.int_range(2, len(rows) + 2)
    )


def check_small(rows, *, chunk=1_000, outcome="ignored"):
    return check_rows(lambda: rows.iter_slices(chunk), schema=SMALL, outcome=outcome, policy=NEVER)


def collect(validated):
    batches = list(validated.batches())
    accepted = pl.concat([batch.accepted for batch in batches])
    return accepted, pl.concat([batch.rejected for batch in batches])


def reject_one(build_rows, **values):
    """The rules that a row breaks which is sound but for these values, the first of three."""
    rows = build_rows().cast(dict.fromkeys(values, pl.String))
    spoilt = rows.with_columns(
        pl.when(pl.int_range(3) == 0)
        .then(pl.lit(value, dtype=pl.String))
        .otherwise(name)
        .alias(name)
        for name, value in values.items()
    )
    validated = check_rows(lambda: iter([spoilt]), schema=CREDIT_CARD, outcome="kept")
    assert validated.accepted_count == 2
    return collect(validated)[1]["rules"].to_list()[0]


@LAW
@given(ROWS)
def test_accepted_and_rejected_are_all_rows_and_each_rejected_one_says_why(values):
    rows = make_small(values)

    validated = check_small(rows, outcome="kept")
    accepted, rejected = collect(validated)

    assert validated.row_count == rows.height == accepted.height + rejected.height
    assert (validated.accepted_count, validated.rejected_count) == (
        accepted.height,
        rejected.height,
    )
    assert (rejected["rules"].list.len() > 0).all()
    assert validated.rule_counts == Counter(rejected["rules"].explode(empty_as_null=False))
    assert set(validated.rule_counts) <= set(validated.rule_names)
    assert set(accepted["statement_month"]) <= set(validated.months)


@LAW
@given(ROWS)
def test_checking_accepted_rows_again_changes_nothing(values):
    accepted, _ = collect(check_small(make_small(values), outcome="kept"))
    if accepted.is_empty():
        return

    again = check_small(accepted, outcome="kept")

    assert again.rejected_count == 0
    assert again.accepted_rows().equals(accepted)


@LAW
@given(ROWS, st.integers(1, 5), st.randoms())
def test_chunks_row_order_and_column_order_change_nothing(values, chunk, random):
    rows = make_small(values)
    order = list(range(rows.height))
    random.shuffle(order)
    columns = list(rows.columns)
    random.shuffle(columns)

    first = check_small(rows)
    second = check_small(rows[order].select(columns), chunk=chunk)

    assert first == second
    for one, other in zip(collect(first), collect(second), strict=True):
        assert sorted(one.rows(), key=repr) == sorted(other.rows(), key=repr)
        assert one.schema == other.schema


@LAW
@given(ROWS)
def test_text_and_typed_rows_are_judged_alike(values):
    accepted, _ = collect(check_small(make_small(values), outcome="kept"))
    if accepted.is_empty():
        return
    texts = accepted.cast(pl.String)

    assert check_small(texts, outcome="kept").accepted_rows().equals(accepted)


def test_accepted_rows_have_the_schema_s_columns_in_their_types(build_rows):
    rows = build_rows().cast(pl.String).select(reversed(build_rows().columns))

    accepted = check_rows(
        lambda: iter([rows]), schema=CREDIT_CARD, outcome="required"
    ).accepted_rows()

    assert accepted.columns == [*CREDIT_CARD.names, "defaulted"]
    assert set(accepted.dtypes[:2]) == {pl.String}
    assert accepted.schema["credit_limit"] == accepted.schema["payment_amount_m6"] == pl.Float64
    assert (
        accepted.schema["sex"] == accepted.schema["age"] == accepted.schema["defaulted"] == pl.Int64
    )
    assert accepted.equals(build_rows())


def test_rejected_rows_show_their_line_and_raw_values(build_rows):
    rows = build_rows(age=[30, 7, 40], sex=["1", "x", "2"])

    _, rejected = collect(
        check_rows(lambda: rows.iter_slices(1), schema=CREDIT_CARD, outcome="kept")
    )

    assert rejected.columns == [
        "line",
        "client_id",
        "statement_month",
        "rules",
        *CREDIT_CARD.names[2:],
        "defaulted",
    ]
    assert rejected.schema["rules"] == pl.List(pl.String)
    assert rejected.drop("rules").dtypes == [pl.Int64, *[pl.String] * 26]
    assert rejected.select("line", "client_id", "rules", "sex", "age").rows() == [
        (3, "c2", ["sex|type", "age|min"], "x", "7")
    ]


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({"age": "x"}, ["age|type"]),
        ({"age": "NaN"}, ["age|type"]),
        ({"age": "inf"}, ["age|type"]),
        ({"age": "30.5"}, ["age|type"]),
        ({"age": "1_0"}, ["age|type"]),
        ({"age": "99999999999999999999"}, ["age|type"]),
        ({"age": None}, ["age|nullability"]),
        ({"age": ""}, ["age|nullability"]),
        ({"age": " "}, ["age|nullability"]),
        ({"age": "17"}, ["age|min"]),
        ({"age": "121"}, ["age|max"]),
        ({"credit_limit": "NaN"}, ["credit_limit|type"]),
        ({"credit_limit": "-inf"}, ["credit_limit|type"]),
        ({"credit_limit": "1e400"}, ["credit_limit|type"]),
        ({"credit_limit": "20,000"}, ["credit_limit|type"]),
        ({"credit_limit": "999"}, ["credit_limit|min"]),
        ({"credit_limit": "6000000"}, ["credit_limit|max"]),
        ({"payment_amount_m3": "-1"}, ["payment_amount_m3|min"]),
        ({"sex": "3"}, ["sex|code"]),
        ({"sex": "1.5"}, ["sex|type"]),
        ({"sex": "male"}, ["sex|type"]),
        ({"education": "-1"}, ["education|code"]),
        ({"repayment_status_m1": "10"}, ["repayment_status_m1|code", "status_follows_m1"]),
        ({"client_id": None}, ["client_id|nullability"]),
        ({"client_id": ""}, ["client_id|nullability"]),
        ({"client_id": "-1"}, ["client_id|format"]),
        ({"client_id": ".hidden"}, ["client_id|format"]),
        ({"client_id": "=1+1"}, ["client_id|format"]),
        ({"client_id": "a/b"}, ["client_id|format"]),
        ({"client_id": " 1"}, ["client_id|blank"]),
        ({"client_id": "1\n"}, ["client_id|format"]),
        ({"client_id": "a" * 65}, ["client_id|format"]),
        ({"statement_month": "2005-13"}, ["statement_month|calendar"]),
        ({"statement_month": "2005-9"}, ["statement_month|format"]),
        ({"statement_month": "2005-09-31"}, ["statement_month|calendar"]),
        ({"statement_month": None}, ["statement_month|nullability"]),
        ({"defaulted": "2"}, ["defaulted|code"]),
        ({"defaulted": "ja"}, ["defaulted|type"]),
        ({"bill_amount_m2": "300001"}, ["bill_within_limit_m2"]),
        ({"bill_amount_m2": "-80001"}, ["bill_within_limit_m2"]),
        ({"payment_amount_m1": "122002"}, ["payment_within_bill_m1"]),
        ({"payment_amount_m6": "120001"}, ["payment_within_bill_m6"]),
        ({"repayment_status_m1": "4"}, ["status_follows_m1"]),
        (
            {"sex": "3", "age": "x", "bill_amount_m1": "1e6"},
            ["sex|code", "age|type", "bill_within_limit_m1"],
        ),
    ],
)
def test_a_row_is_rejected_by_the_name_of_each_rule_it_breaks(build_rows, values, rules):
    assert reject_one(build_rows, **values) == rules


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("age", "30.0", 30),
        ("age", " 30 ", 30),
        ("age", "3e+01", 30),
        ("credit_limit", "1e+05", 100_000.0),
        ("credit_limit", "20000.25", 20_000.25),
        ("bill_amount_m1", "-50", -50.0),
        ("client_id", "a" * 64, "a" * 64),
        ("client_id", "_x.1-2", "_x.1-2"),
        ("defaulted", None, None),
        ("repayment_status_m6", "9", 9),
        ("education", "0", 0),
    ],
)
def test_a_value_is_read_as_what_it_says(build_rows, column, text, value):
    rows = build_rows(1, **{column: [text]}).cast({column: pl.String})

    accepted = check_rows(lambda: iter([rows]), schema=CREDIT_CARD, outcome="kept").accepted_rows()

    assert accepted[column].to_list() == [value]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("age", pl.Series([30.0, 30.5, float("nan")]), [[], ["age|type"], ["age|type"]]),
        (
            "age",
            pl.Series([30, 300, None], dtype=pl.UInt64),
            [[], ["age|max"], ["age|nullability"]],
        ),
        ("age", pl.Series([True, False, None]), [["age|type"], ["age|type"], ["age|nullability"]]),
        ("age", pl.Series([[30], [31], None]), [["age|type"], ["age|type"], ["age|nullability"]]),
        ("age", pl.Series([None, None, None]), [["age|nullability"]] * 3),
        ("sex", pl.Series(["1", "2", "3"], dtype=pl.Categorical), [[], [], ["sex|code"]]),
        ("client_id", pl.Series([1, 2, None]), [[], [], ["client_id|nullability"]]),
        ("client_id", pl.Series([1.0, 2.5, 3.0]), [[], ["client_id|type"], []]),
        (
            "client_id",
            pl.Series([b"1", b"2", None]),
            [["client_id|type"], ["client_id|type"], ["client_id|nullability"]],
        ),
        (
            "statement_month",
            pl.Series([date(2005, 9, 1), date(2005, 10, 31), None]),
            [[], [], ["statement_month|nullability"]],
        ),
        (
            "statement_month",
            pl.Series([time(9), time(10), None]),
            [["statement_month|type"]] * 2 + [["statement_month|nullability"]],
        ),
        (
            "statement_month",
            pl.Series([200_509, 38_686, 1]),
            [[], ["statement_month|serial_date"], ["statement_month|format"]],
        ),
        (
            "age",
            pl.Series([1, 2, None], dtype=pl.Duration("us")),
            [["age|type"], ["age|type"], ["age|nullability"]],
        ),
    ],
)
def test_typed_columns_are_converted_or_rejected(build_rows, column, values, expected):
    rows = build_rows().with_columns(values.alias(column))

    _, rejected = collect(check_rows(lambda: iter([rows]), schema=CREDIT_CARD, outcome="kept"))

    rules = dict(rejected.select("line", "rules").rows())
    assert [rules.get(line, []) for line in (2, 3, 4)] == expected


def test_an_id_read_as_a_number_has_no_fraction(build_rows):
    rows = build_rows(client_id=[1.0, 2.0, 3.0])

    accepted = check_rows(lambda: iter([rows]), schema=CREDIT_CARD).accepted_rows()

    assert accepted["client_id"].to_list() == ["1", "2", "3"]


@pytest.mark.parametrize("kind", [date, datetime])
def test_a_date_column_gives_the_month(build_rows, kind):
    rows = build_rows(statement_month=[kind(2005, 9, 1), kind(2005, 9, 30), kind(2005, 10, 1)])

    validated = check_rows(lambda: iter([rows]), schema=CREDIT_CARD)

    assert validated.months == ("2005-09", "2005-10")


def test_every_row_of_a_repeated_key_is_rejected_across_batches(build_rows):
    rows = build_rows(
        4,
        client_id=["a", "b", "a", "a"],
        statement_month=["2005-09", "2005-09", "2005-09", "2005-10"],
    )

    validated = check_rows(lambda: rows.iter_slices(1), schema=CREDIT_CARD)
    accepted, rejected = collect(validated)

    assert validated.rule_counts == {"key|repeated": 2}
    assert rejected.select("line", "rules").rows() == [(2, ["key|repeated"]), (4, ["key|repeated"])]
    assert accepted.select("client_id", "statement_month").rows() == [
        ("b", "2005-09"),
        ("a", "2005-10"),
    ]


def test_a_repeated_key_is_reported_beside_the_other_rules(build_rows):
    rows = build_rows(client_id=["a", "a", "b"], age=[7, 30, 30])

    _, rejected = collect(check_rows(lambda: iter([rows]), schema=CREDIT_CARD))

    assert rejected["rules"].to_list() == [["age|min", "key|repeated"], ["key|repeated"]]


def test_a_missing_key_is_never_a_repeated_one(build_rows):
    rows = build_rows(client_id=[None, None, "b"])

    assert check_rows(lambda: iter([rows]), schema=CREDIT_CARD).rule_counts == {
        "client_id|nullability": 2
    }


def test_the_outcome_is_required_kept_or_ignored(build_rows):
    with_gap = build_rows(defaulted=[0, 1, None])

    def check_outcome(rows, outcome):
        return check_rows(lambda: iter([rows]), schema=CREDIT_CARD, outcome=outcome)

    required, kept, ignored = (
        check_outcome(with_gap, use) for use in ("required", "kept", "ignored")
    )

    assert required.rule_counts == {"defaulted|nullability": 1}
    assert kept.rule_counts == {}
    assert kept.accepted_rows()["defaulted"].to_list() == [0, 1, None]
    assert "defaulted" not in ignored.accepted_rows().columns
    assert ignored.has_outcome
    without = check_outcome(with_gap.drop("defaulted"), "kept")
    assert not without.has_outcome
    assert "defaulted" not in without.accepted_rows().columns
    with pytest.raises(
        InputError,
        match=r"the outcome in the file: found no such column.*default payment next month",
    ):
        check_outcome(with_gap.drop("defaulted"), "required")


def test_a_broken_outcome_that_is_ignored_rejects_nothing(build_rows):
    rows = build_rows(defaulted=["x", "2", ""])

    assert check_rows(lambda: iter([rows]), schema=CREDIT_CARD).rejected_count == 0


def test_missing_columns_are_named_with_the_names_they_go_by(build_rows):
    rows = build_rows().drop("age", "repayment_status_m1")

    with pytest.raises(
        InputError,
        match=r"none for age \(also called 'X5'\); repayment_status_m1 \(also called 'PAY_0'",
    ):
        check_rows(lambda: iter([rows]), schema=CREDIT_CARD)


def test_many_missing_columns_are_counted(build_rows):
    rows = build_rows().select("client_id")

    with pytest.raises(InputError, match=r"… \(24 in all\)"):
        check_rows(lambda: iter([rows]), schema=CREDIT_CARD)


@pytest.mark.parametrize("count", [0, 1])
def test_a_file_without_rows_is_refused(build_rows, count):
    with pytest.raises(InputError, match="the file: found no rows"):
        check_rows(lambda: iter([build_rows(0)] * count), schema=CREDIT_CARD)


def test_values_shifted_by_one_column_are_a_fault_of_the_file(build_rows):
    rows = build_rows(40)
    shifted = rows.select(
        "client_id",
        "statement_month",
        *(
            pl.col(before).alias(after)
            for before, after in zip(rows.columns[1:-2], rows.columns[2:-1], strict=True)
        ),
    )

    with pytest.raises(InputError) as caught:
        check_rows(lambda: shifted.iter_slices(7), schema=CREDIT_CARD)

    told = str(caught.value)
    assert told.startswith("columns credit_limit, sex, ")
    assert (
        "credit_limit holds '2005-09' where it should hold numbers from 1,000 to 5,000,000 (40 of 40 rows)"
        in told
    )
    assert (
        "sex holds '20000.0', '30000.0', '40000.0', '50000.0', '60000.0' where it should hold one of the codes 1, 2"
        in told
    )
    assert "look shifted against the header" in told


def test_one_column_of_something_else_is_a_fault_of_the_file(build_rows):
    rows = build_rows(20, age=[1985] * 11 + [30] * 9)

    with pytest.raises(InputError) as caught:
        check_rows(lambda: iter([rows]), schema=CREDIT_CARD)

    assert str(caught.value) == (
        "column age: found age holds '1985' where it should hold whole numbers from 18 to 120 (11 of 20 rows); expected"
        " no column to break its own rules in more than 50% of the rows. The values are above 120, the most that is"
        " possible: check whether age is in another unit (cents, or a year) or was swapped with another column; then"
        " export the file again."
    )


def test_half_of_the_rows_broken_or_a_small_file_is_no_fault_of_the_file(build_rows):
    half = build_rows(20, age=[1985] * 10 + [30] * 10)
    small = build_rows(19, age=[1985] * 19)

    assert check_rows(lambda: iter([half]), schema=CREDIT_CARD).rejected_count == 10
    assert check_rows(lambda: iter([small]), schema=CREDIT_CARD).rejected_count == 19


def test_a_policy_moves_the_line_between_rows_and_file(build_rows):
    rows = build_rows(4, age=[1985, 1986, 30, 30])
    strict = FileFaultPolicy(broken_share=0.4, least_rows=2)

    with pytest.raises(InputError, match="age holds '1985', '1986' where"):
        check_rows(lambda: rows.iter_slices(1), schema=CREDIT_CARD, policy=strict)


def test_a_file_that_changes_between_the_passes_is_refused(build_rows):
    files = iter([build_rows(3), build_rows(4)])
    validated = check_rows(lambda: iter([next(files)]), schema=CREDIT_CARD)

    with pytest.raises(
        InputError, match=r"found 4 \+ 0 rows the second time; expected 3 accepted \+ 0 rejected"
    ):
        validated.accepted_rows()


def test_lines_are_the_file_s_own_where_it_gives_them(build_rows):
    rows = build_rows(age=[7, 30, 30]).with_columns(line=pl.Series([12, 13, 14], dtype=pl.UInt32))

    _, rejected = collect(check_rows(lambda: iter([rows]), schema=CREDIT_CARD))

    assert rejected["line"].to_list() == [12]


def test_check_leaves_its_input_as_it_was(build_rows):
    rows = build_rows(age=[7, 30, 30])

    check_rows(lambda: iter([rows]), schema=CREDIT_CARD).accepted_rows()

    assert rows.equals(build_rows(age=[7, 30, 30]))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "client_id",
            "ids of 1 to 64 letters, digits, _ . - that begin with a letter, a digit or _",
        ),
        (
            "statement_month",
            "months as YYYY-MM, YYYYMM, YYYY-MM-DD, YYYYMMDD, a date, or a time at midnight",
        ),
        ("grade", "one of the codes 1, 2"),
        ("age", "whole numbers from 18 to 120"),
        ("limit", "numbers from 0"),
        ("seen_at", "times in ISO 8601, in UTC where they name no zone, or days"),
        ("bill", "numbers"),
    ],
)
def test_describe_values_says_what_a_column_holds(name, words):
    column = next(column for column in SMALL.columns if column.name == name)

    assert describe_values(column) == words
