import tomllib

import polars as pl
import pytest

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.drafting.draft import draft_portfolio
from credit_default.model.features.declaration import parse_features
from credit_default.views.exports.portfolio_toml import DraftedFile, render_portfolio_toml

COUNT = 60


def repeat(*values):
    return [str(value) for value in values] * (COUNT // len(values))


ROWS = {
    "Loan Number": [f"L{n}" for n in range(COUNT)],
    "MonthlyIncome": [f"{900 + 31 * n}.5" for n in range(COUNT)],
    "late": repeat(-9, -8, 1, 2, 3, 40),
    "years": repeat("< 1 year", "1 year", "10+ years"),
    "opened": repeat("Aug-1998", "Jul-1989"),
    "closed": repeat("2001-01-01", "2002-02-02"),
    "rate": repeat("5%", "7.5%", ""),
    "purpose": repeat('a "car"', "home\\house", "NA", "b"),
    "SEX": repeat(1, 2),
    "state": [f"state number {n % 30}" for n in range(COUNT)],
    "constant": repeat(1),
    "CLASSIFICATION": repeat(1, 1, 2),
}


def render(rows=ROWS, *, options=None, decisions=(), is_all=True):
    draft = draft_portfolio(pl.DataFrame(rows))
    file = DraftedFile("loans.csv", "loans", options or {}, len(rows), is_all, decisions)
    return draft, render_portfolio_toml(draft, file)


def test_the_text_declares_the_columns_of_the_draft_and_nothing_else():
    draft, text = render()

    content = tomllib.loads(text)
    schema = parse_schema(content["schema"])

    assert schema.inputs == tuple(one.column for one in draft.columns.declared)
    assert schema.outcome.readings == {"2": 1, "1": 0}
    assert schema.columns[0].aliases == ("Loan Number",)
    assert schema.fixed_month == "2000-01"
    features = parse_features(content["features"], columns=[c.name for c in schema.inputs])
    assert [f.name for f in features] == [f.name for f in draft.features if f.used]


def find_long_lines(text):
    return [line for line in text.splitlines() if len(line) > 120]


def test_a_line_is_longer_than_120_letters_only_where_toml_cannot_part_it():
    _, text = render(decisions=("one " * 60, "two"))

    (line,) = find_long_lines(text)
    assert line.startswith('  { name = "years",')
    assert "[" not in line
    assert all(line == line.rstrip() for line in text.splitlines())


def test_every_declared_line_has_its_evidence_above_it():
    lines = render()[1].splitlines()

    below = [line for line in lines if line.startswith("  { name") and "kind" in line]
    above = [lines[lines.index(line) - 1] for line in below]
    assert len(below) == 9
    assert all(line.startswith("  # ") for line in above)
    assert lines[lines.index(below[0]) - 1] == "  # MonthlyIncome: 60 values, 900.5 to 2,730"
    assert "# CLASSIFICATION: 1 66.7 %, 2 33.3 %; bad is 2: the rarer value" in lines
    assert "# - constant: the same value in every row, 1" in lines


def test_names_and_kinds_stand_below_each_other_but_where_that_would_be_too_long():
    _, text = render()

    lines = [line for line in text.splitlines() if line.startswith("  { name") and "kind" in line]
    places = {line.split('"')[1]: line.index("kind =") for line in lines}
    assert places.pop("late") < places["sex"]
    assert len(set(places.values())) == 1


def test_the_head_says_of_which_rows_it_is_and_what_to_decide():
    _, all_rows = render(decisions=("key: set the month",))
    _, first_rows = render(is_all=False)

    assert all_rows.startswith("# A draft of a portfolio, from loans.csv: all 60 rows, 12 columns.")
    assert "# - key: set the month\n" in all_rows
    assert "the first 60 rows" in first_rows
    assert "to decide" not in first_rows


def test_how_the_file_is_read_is_declared():
    header = tuple(f"column_{n}" for n in range(1, 40))

    _, text = render(options={"separator": "\t", "header": header})

    assert tomllib.loads(text)["file"] == {"separator": "\t", "header": list(header)}
    assert len(find_long_lines(text)) == 1


def test_a_feature_that_is_only_shown_is_a_comment():
    rows = ROWS | {
        "closed": repeat(1, 2),
        "recovered": ["x" if v == "2" else "" for v in ROWS["CLASSIFICATION"]],
    }

    _, text = render(rows)

    assert '  # { name = "recovered", ' in text
    assert "a leak? it alone ranks the outcome with an AUC of 1.000" in text
    assert "a date alone is later in every new file" in text


def test_a_table_without_an_outcome_leaves_its_name_to_a_person():
    _, text = render({name: values for name, values in ROWS.items() if name != "CLASSIFICATION"})

    assert "# no column looks like an outcome\n" in text
    assert parse_schema(tomllib.loads(text)["schema"]).outcome.aliases == ("NAME OF THE COLUMN",)


def test_a_key_that_repeats_is_declared_so():
    rows = {name: values for name, values in ROWS.items() if name != "Loan Number"}

    _, text = render({"client_id": repeat(1, 2, 3), **rows})

    assert not parse_schema(tomllib.loads(text)["schema"]).unique_key


@pytest.mark.parametrize("name", ["a\nb", "q'uote\"", "\x1b[31mred", "del\x7f", "日本", "a" * 150])
def test_whatever_a_column_is_called_the_text_is_valid(name):
    draft, text = render({**ROWS, name: repeat("x", name)})

    schema = parse_schema(tomllib.loads(text)["schema"])

    assert schema.inputs == tuple(one.column for one in draft.columns.declared)
    assert "\x1b" not in text
