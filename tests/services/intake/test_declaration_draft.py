"""A draft accepts the file that it was made from, whatever that holds; nobody has to edit a line for it."""

import datetime as dt
import runpy
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.machine_pace import is_within

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.errors import InputError
from credit_default.services.context.wiring import build_wiring, read_portfolio
from credit_default.services.intake.declaration_draft import (
    declare_file,
    read_names,
    read_separator,
)
from credit_default.services.intake.file_preview import preview_file
from credit_default.settings import load_settings

PUBLIC_FORMS = runpy.run_path(str(Path(__file__).parents[2] / "test_example_portfolios.py"))
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def make_statlog(count, seed):
    """German credit: codes as texts, blanks between cells, no header, 1 for good and 2 for bad."""
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "status": random.choice(["A11", "A12", "A13", "A14"], count),
            "months": random.integers(4, 72, count),
            "purpose": random.choice([f"A4{digit}" for digit in range(10)] + ["A410"], count),
            "amount": random.integers(250, 18_000, count),
            "telephone": random.choice(["A191", "A192"], count),
            "people": random.integers(1, 3, count),
            "outcome": random.choice([1, 2], count, p=[0.7, 0.3]),
        }
    )


def write(name, folder):
    """Made-up rows as that public file comes."""
    if name == "statlog":
        path = folder / "german.data"
        make_statlog(500, 1).write_csv(path, include_header=False, separator=" ")
        return path
    rows = PUBLIC_FORMS["MAKE"][name](500, 1)
    return Path(PUBLIC_FORMS["write"](name, rows, folder / f"{name}.csv"))


def check(path, folder, **declared):
    """Draft, read the draft, and return the draft with what `check` says of the file by it."""
    draft = declare_file(path, **declared)
    portfolio = folder / "drafted.toml"
    portfolio.write_text(draft.text, encoding="utf-8")
    flags = {"portfolio": str(portfolio), "lake": str(folder / "lake")}
    wiring = build_wiring(load_settings(flags, environment={}).settings, commit="0")
    return draft, preview_file(wiring, str(path), month=None, now=NOW)


@pytest.mark.parametrize("name", [*PUBLIC_FORMS["MAKE"], "statlog"])
def test_a_draft_of_a_public_form_accepts_every_row_and_knows_every_outcome(name, tmp_path):
    draft, summary = check(write(name, tmp_path), tmp_path)

    assert summary.status == "would be kept"
    assert (summary.counts["accepted"], summary.counts["rejected"]) == (500, 0)
    assert summary.counts["defaulted"] + summary.counts["paid"] == 500
    assert 0 < summary.counts["defaulted"] < 500
    assert draft.text.startswith(
        f"# A draft of a portfolio, from {write(name, tmp_path).name}: all"
    )


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "hmeq",
            [
                'schema.outcome = { description = "Bad", aliases = ["BAD"] }',
                'kind = "category", description = "Reason", optional = true',
            ],
        ),
        ("heloc", ['file.separator = " "', '"column_24"', 'special = { -9 = "code -9"']),
        ("gmsc", ['missing = ["NA"]', 'client = "X"', 'aliases = ["SeriousDlqin2yrs"]']),
        (
            "lending-club",
            [
                'bad = ["Charged Off"], good = ["Fully Paid"]',
                'kind = "date",     description = "Issue d", date_format = "%b-%Y"',
                'parse = "leading-number", readings = { "< 1 year" = 0 }',
                'function = "months_between", columns = ["issue_d", "earliest_cr_line"]',
                "ordered = true",
            ],
        ),
        ("statlog", ['bad = ["2"], good = ["1"]', 'file.separator = " "']),
    ],
)
def test_a_draft_of_a_public_form_says_what_a_person_would_say(name, lines, tmp_path):
    text = declare_file(write(name, tmp_path)).text

    assert [line for line in lines if line not in text] == []


def test_rows_whose_loans_still_run_are_ignored_by_the_draft(tmp_path):
    rows = PUBLIC_FORMS["make_lending_club"](500, 1).with_columns(
        loan_status=pl.when(pl.int_range(pl.len()) < 40)
        .then(pl.lit("Current"))
        .otherwise("loan_status")
    )
    rows.write_csv(tmp_path / "loans.csv")

    draft, summary = check(tmp_path / "loans.csv", tmp_path)

    assert 'ignore = ["Current"]' in draft.text
    assert (summary.counts["accepted"], summary.counts["rejected"]) == (460, 0)


@pytest.mark.parametrize(
    ("text", "separator"), [(";", ";"), ("tab", "\t"), (r"\t", "\t"), ("blank", " ")]
)
def test_a_separator_is_one_character_or_its_name(text, separator):
    assert read_separator(text) == separator
    with pytest.raises(InputError, match="one character"):
        read_separator(";;")


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_an_outcome_of_two_numbers_is_turned_in_files_of_every_format(ending, tmp_path):
    rows = make_statlog(200, 1).rename({"outcome": "CLASSIFICATION"})
    path = tmp_path / f"german.{ending}"
    rows.write_parquet(path) if ending == "parquet" else rows.write_excel(path)

    _, summary = check(path, tmp_path)

    assert summary.counts["rejected"] == 0
    assert summary.counts["defaulted"] == int((rows["CLASSIFICATION"] == 2).sum())


def test_the_same_file_has_the_same_draft(tmp_path):
    path = write("lending-club", tmp_path)

    assert declare_file(path).text == declare_file(path).text


def test_ten_thousand_rows_of_25_columns_take_three_seconds_of_one_core_at_most(tmp_path):
    rows = PUBLIC_FORMS["make_lending_club"](10_000, 1)
    rows.with_columns(extra=pl.Series(range(10_000)) * 0.37).write_csv(tmp_path / "loans.csv")
    declare_file(write("hmeq", tmp_path))  # imports

    begun = time.process_time()
    draft = declare_file(tmp_path / "loans.csv")

    assert is_within(time.process_time() - begun, 3)
    assert "all 10,000 rows, 25 columns" in draft.text


def test_a_sheet_without_a_header_is_read_by_its_draft(tmp_path):
    path = tmp_path / "german.xlsx"
    make_statlog(200, 1).write_excel(path, include_header=False)

    _, summary = check(path, tmp_path)

    assert (summary.counts["accepted"], summary.counts["rejected"]) == (200, 0)


def test_a_draft_of_some_rows_says_of_how_many(tmp_path):
    draft = declare_file(write("hmeq", tmp_path), most_rows=100)

    assert "the first 100 rows, 13 columns" in draft.text
    assert draft.summary.counts == {"read": 100}


def test_a_file_without_a_header_takes_its_names_from_another_file(tmp_path):
    path = write("statlog", tmp_path)
    (tmp_path / "names.txt").write_text("status,months,purpose,amount,telephone,people,class\n")
    names = read_names(tmp_path / "names.txt")

    without, _ = check(path, tmp_path)
    draft, summary = check(path, tmp_path, options=ReadingOptions(header=names))

    assert any("--names FILE" in note for note in without.summary.notes)
    assert not any("--names FILE" in note for note in draft.summary.notes)
    assert 'aliases = ["class"], bad = ["2"]' in draft.text
    assert summary.counts["rejected"] == 0


@pytest.mark.parametrize("text", ["a,b c,d\n", "a\nb c\nd\n", "a;b c;d", '"a"\t"b c"\t"d"'])
def test_names_are_read_one_a_line_or_with_marks_between_them(text, tmp_path):
    (tmp_path / "names.txt").write_text(text)

    assert read_names(tmp_path / "names.txt") == ("a", "b c", "d")


def test_names_between_blanks_are_read_and_an_empty_file_is_refused(tmp_path):
    (tmp_path / "names.txt").write_text("a b c\n")
    (tmp_path / "empty.txt").write_text("\n")

    assert read_names(tmp_path / "names.txt") == ("a", "b", "c")
    with pytest.raises(InputError, match="no name"):
        read_names(tmp_path / "empty.txt")


WORDS = st.sampled_from(
    ["car", "home", "a b", "Ünder", "=1+1", 'x"y', "yes", "-", "1A", "#", "0x1"]
)
MISSING = st.sampled_from(["", "NA", "?", "n/a", "null", ".", "NaN"])
CELLS = st.one_of(
    *(
        st.lists(cell, min_size=1, max_size=8)
        for cell in (
            st.integers(-3, 12).map(str),
            st.integers(0, 10**6).map(str),
            st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: f"{x:.3f}"),
            st.floats(0, 1e-3, allow_nan=False).map(repr),
            st.sampled_from(["-9", "-8", "0", "1", "55"]),
            st.sampled_from(["999999", "1", "2", "30"]),
            st.integers(0, 100).map(lambda x: f"{x}%"),
            st.sampled_from([" 36 months", "60 months"]),
            st.sampled_from(["< 1 year", "2 years", "10+ years"]),
            st.dates(dt.date(1930, 1, 1), dt.date(2030, 1, 1)).map(str),
            st.dates(dt.date(1930, 1, 1), dt.date(2030, 1, 1)).map(lambda d: f"{d:%b-%Y}"),
            st.sampled_from(["1.234,50", "2,5"]),
            st.sampled_from(["007", "012"]),
            WORDS,
            st.text("abcäß 019-+%,.;", max_size=6),
        )
    )
)
NAMES = st.lists(
    st.sampled_from(
        [
            *("LOAN", "loan amount", "LoanAmount", "age", "sex", "", "id", "X", "%", "line"),
            *("month", "Default date", "grade", "status", "column_1", "1st", "Ä", "rules", "class"),
        ]
    ),
    min_size=2,
    max_size=6,
    unique_by=str.casefold,
)


@st.composite
def tables(draw):
    """A table of sixty rows: each column repeats a few cells of one form, some of them missing."""
    columns = {}
    for name in draw(NAMES):
        cells = draw(CELLS) + draw(st.lists(MISSING, max_size=2))
        start = draw(st.integers(0, 7))
        columns[name] = [cells[(start + row * 7) % len(cells)] for row in range(60)]
    columns["amount"] = [str(row * row % 37) for row in range(60)]
    return pl.DataFrame(columns)


def check_any_table(rows, folder):
    path = folder / "any.csv"
    rows.write_csv(path, separator=";")
    draft, summary = check(path, folder)

    read_portfolio(str(folder / "drafted.toml"))
    assert summary.counts["rejected"] == 0, draft.text
    assert summary.counts["accepted"] == draft.summary.counts["read"]


ONE_FOLDER = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=25, deadline=None, suppress_health_check=ONE_FOLDER)
@given(rows=tables())
def test_whatever_the_cells_hold_the_draft_accepts_every_row(rows, tmp_path):
    check_any_table(rows, tmp_path)


@pytest.mark.nightly
@settings(max_examples=1_000, deadline=None, suppress_health_check=ONE_FOLDER)
@given(rows=tables())
def test_whatever_the_cells_hold_the_draft_accepts_every_row_of_a_thousand_tables(rows, tmp_path):
    check_any_table(rows, tmp_path)
