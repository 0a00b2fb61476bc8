"""Laws of the conversion: a value is the same in every form, and converting it again changes nothing."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.checking.type_conversion import build_flag_name, convert, format_as_text
from credit_default.data.contract.schema import Column

LAW = settings(deadline=None, max_examples=60)

CLIENT = Column("client_id", "identifier", "x")
MONTH = Column("statement_month", "month", "x")
TIME = Column("observed_at", "time", "x")
OUTCOME = Column("defaulted", "outcome", "x", codes={0: "no", 1: "yes"})

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
TIMES = st.datetimes(
    dt.datetime.fromisoformat("1900-01-01"), dt.datetime.fromisoformat("2200-12-31")
)
TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.text("0123456789.-+:/ eETZUC#,'=\"", max_size=26),
        st.sampled_from(["2005-11", "200511", "20001.0", "1", "true", "2006-01-01 08:30:00"]),
        DAYS.map(str),
    ),
    min_size=1,
    max_size=12,
)


def read(values, column):
    return convert(pl.DataFrame({column.name: values}), columns=(column,)).frame[column.name]


@LAW
@given(st.integers(0, 2**53 - 1))
def test_an_id_is_the_same_as_text_and_as_a_number(number):
    forms = [
        pl.Series([str(number)]),
        pl.Series([f"{number}.0"]),
        pl.Series([f"{number}.00"]),
        pl.Series([number]),
        pl.Series([number], dtype=pl.UInt64),
        pl.Series([float(number)]),
        pl.Series([number], dtype=pl.Decimal(20, 0)),
        pl.Series([number], dtype=pl.Decimal(20, 2)),
    ]

    assert {read(form, CLIENT).item() for form in forms} == {str(number)}


@LAW
@given(DAYS, st.sampled_from(["Asia/Taipei", "America/New_York", "UTC"]))
def test_a_month_is_the_same_in_every_form(day, zone):
    midnight = pl.Series([day]).cast(pl.Datetime("us"))
    # Where clocks skip midnight there is none.
    in_zone = midnight.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    forms = [
        pl.Series([f"{day:%Y-%m}"]),
        pl.Series([f"{day:%Y%m}"]),
        pl.Series([int(f"{day:%Y%m}")]),
        pl.Series([float(f"{day:%Y%m}")]),
        pl.Series([str(day)]),
        pl.Series([f"{day}T00:00:00"]),
        pl.Series([f"{day} 00:00:00.000+08:00"]),
        pl.Series([day]),
        midnight,
        in_zone if in_zone.item() else midnight,
    ]

    assert {read(form, MONTH).item() for form in forms} == {f"{day:%Y-%m}"}


@LAW
@given(TIMES)
def test_a_time_is_the_same_in_every_form(time):
    naive = pl.Series([time])
    forms = [
        pl.Series([f"{time.isoformat()}Z"]),
        pl.Series([f"{time.isoformat(' ')}+00:00"]),
        pl.Series([time.isoformat()]),
        pl.Series([time.isoformat(" ")]),
        naive,
        naive.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Taipei"),
    ]

    assert {read(form, TIME).item() for form in forms} == {time.replace(tzinfo=dt.UTC)}


@LAW
@given(st.booleans())
def test_an_outcome_is_the_same_in_every_form(outcome):
    word = "yes" if outcome else "no"
    values = [str(outcome), str(outcome).upper(), word, word[0], outcome, int(outcome)]
    values += [float(outcome), str(float(outcome)), f" {word.title()} "]
    forms = [pl.Series([value]) for value in values]
    forms += [pl.Series([word], dtype=pl.Categorical), pl.Series([word], dtype=pl.Enum([word]))]

    assert {read(form, OUTCOME).item() for form in forms} == {int(outcome)}


@LAW
@given(TEXTS, st.sampled_from([CLIENT, MONTH, TIME, OUTCOME]))
def test_converting_twice_changes_nothing(values, column):
    once = read(pl.Series(values, dtype=pl.String), column)

    assert read(once, column).equals(once)
    assert read(format_as_text(once), column).equals(once)


@LAW
@given(TEXTS, st.sampled_from([CLIENT, MONTH, TIME, OUTCOME]))
def test_a_value_is_converted_whatever_the_other_rows_hold(values, column):
    together = read(pl.Series(values, dtype=pl.String), column)

    alone = [read(pl.Series([value], dtype=pl.String), column).item() for value in values]

    assert together.to_list() == alone


@LAW
@given(TEXTS, st.sampled_from([CLIENT, MONTH, TIME, OUTCOME]))
def test_what_is_neither_missing_nor_converted_is_flagged(values, column):
    raw = pl.DataFrame({column.name: pl.Series(values, dtype=pl.String)})

    frame = convert(raw, columns=(column,)).frame

    for value, found, flag in zip(values, *frame.get_columns(), strict=True):
        assert flag == (found is not None or not (value or "").strip())
    assert frame.columns == [column.name, build_flag_name(column)]


def test_a_missing_value_is_missing_in_every_kind_of_column():
    for column in (CLIENT, MONTH, TIME, OUTCOME):
        for values in (pl.Series([None, ""]), pl.Series([None, None])):
            assert read(values, column).to_list() == [None, None]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            pl.Series([dt.datetime(2005, 11, 1, tzinfo=dt.UTC)]).dt.convert_time_zone(
                "Asia/Taipei"
            ),
            "2005-11-01 08:00:00+08:00[Asia/Taipei]",
        ),
        (pl.Series([[1, 2]]), "[1, 2]"),
        (pl.Series([b"a"]), "b'a'"),
    ],
)
def test_a_raw_value_is_shown_as_a_person_would_write_it(values, text):
    assert format_as_text(values).to_list() == [text]
