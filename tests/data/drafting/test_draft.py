import numpy as np
import polars as pl
import pytest

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.drafting.draft import draft_portfolio, list_decisions
from credit_default.errors import InputError


def make(count=200, seed=1):
    random = np.random.default_rng(seed)
    late = random.integers(0, 5, count)
    return pl.DataFrame(
        {
            "loan_id": [f"L{n:05}" for n in range(count)],
            "amount": [f"{value:.1f}" for value in random.lognormal(9, 1, count)],
            "late": [str(value) for value in late],
            "sex": random.choice(["male", "female"], count),
            "recovered": ["1" if value > 3 else "" for value in late],
            "bad": ["1" if value > 3 else "0" for value in late],
        }
    )


def test_a_draft_has_key_outcome_columns_and_features():
    draft = draft_portfolio(make())

    assert (draft.key.client, draft.outcome.name, draft.row_count) == ("loan_id", "bad", 200)
    assert [one.raw_name for one in draft.columns.declared] == [
        "amount",
        "late",
        "sex",
        "recovered",
    ]
    assert [f.name for f in draft.features if f.used] == ["amount", "sex"]


def test_columns_that_tell_the_outcome_alone_are_not_used_and_are_named():
    draft = draft_portfolio(make())

    assert "a leak? left out of the features: late, recovered" in list_decisions(draft)


def test_the_order_of_rows_changes_nothing():
    rows = make()

    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)

    assert draft_portfolio(shuffled) == draft_portfolio(rows)


def test_empty_rows_say_nothing_of_the_columns():
    rows = make()
    blank = pl.DataFrame({name: [None] for name in rows.columns}, schema=rows.schema)

    assert draft_portfolio(pl.concat([rows, blank])) == draft_portfolio(rows)


def test_what_a_person_has_to_decide_is_named():
    rows = make().rename({"bad": "column_6"}).drop("loan_id", "recovered")

    decisions = list_decisions(draft_portfolio(rows))

    assert decisions == (
        "outcome: is it column_6, and is bad what it says?",
        "key: set the month of the rows in place of 2000-01",
        "a leak? left out of the features: late",
        "protected by their names: sex",
    )


def test_how_numbers_are_written_is_a_decision_and_meanings_are():
    rows = make().with_columns(
        amount=pl.Series(["12,5", "7,25"] * 100),
        late=pl.Series(["-9", "1", "2", "3"] * 50),
        job_code=pl.Series(["1", "2", "3", "3"] * 50),
    )

    decisions = list_decisions(draft_portfolio(rows))

    assert "how numbers are written: 1 more columns are numbers with these marks" in decisions
    assert "say what their special values mean: late" in decisions
    assert "say what their codes mean: job_code" in decisions


def test_marks_that_a_person_gives_are_taken():
    rows = make().with_columns(amount=pl.Series(["1.234", "7.250"] * 100))

    draft = draft_portfolio(rows, marks=NumberMarks(",", "."))

    assert (draft.numbers.marks, draft.numbers.evidence) == (NumberMarks(",", "."), "")
    assert "1,234 to 7,250" in draft.columns.declared[0].evidence


def test_a_file_without_an_outcome_says_how_to_name_one():
    draft = draft_portfolio(make().drop("bad", "recovered"))

    assert draft.outcome is None
    assert list_decisions(draft)[0] == (
        "outcome: no column looks like one; name it, or draft again with --outcome COLUMN"
    )


def test_names_in_the_wrong_order_are_suspected():
    rows = make().rename({"amount": "RiskPerformance", "bad": "Score"})

    assert (
        "RiskPerformance: named like an outcome, but no two values: are the names right?"
        in list_decisions(draft_portfolio(rows))
    )


def test_outcomes_that_are_to_be_ignored_are_named():
    states = ["Fully Paid", "Charged Off", "Current", "Fully Paid"] * 50
    rows = make().with_columns(bad=pl.Series(states)).rename({"bad": "loan_status"})

    decisions = list_decisions(draft_portfolio(rows))

    assert "outcome: what is neither bad nor good is ignored" in decisions


def test_a_file_with_no_column_for_a_model_is_refused():
    with pytest.raises(
        InputError, match=r"file a\.csv: found 2 columns, of which none may be an in"
    ):
        draft_portfolio(make().select("loan_id", "bad"), thing="file a.csv")


@pytest.mark.parametrize(("count", "found"), [(1, "one row"), (0, "no row")])
@pytest.mark.parametrize("outcome", [None, "bad"])
def test_a_file_of_one_row_is_named_and_nothing_else_is_blamed(count, found, outcome):
    with pytest.raises(InputError, match=rf"file a\.csv: found {found}; expected rows with diff"):
        draft_portfolio(make()[:count], outcome=outcome, thing="file a.csv")
