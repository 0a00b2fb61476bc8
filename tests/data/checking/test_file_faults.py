"""When rows with faults are the fault of the file: outcomes are one case of their own."""

import polars as pl
import pytest

from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.errors import InputError


def check_outcomes(outcomes):
    rows = pl.DataFrame(
        {
            "client_id": [f"c{number}" for number in range(len(outcomes))],
            "statement_month": "2005-11",
            "observed_at": "2006-01-01",
            "defaulted": pl.Series(outcomes),
        }
    )
    return check_rows(lambda: iter([rows]), schema=OBSERVED_OUTCOMES, outcome="required")


@pytest.mark.parametrize("default", ["2", "default", "None", "0.5", "#N/A"])
def test_outcomes_of_which_one_kind_cannot_be_read_are_refused_as_a_whole(default):
    """The rest would be a portfolio without defaults."""
    with pytest.raises(InputError) as caught:
        check_outcomes(["0"] * 20 + [default] * 2)

    assert caught.value.thing == "column defaulted"
    assert repr(default) in caught.value.found
    assert "(2 of 22 rows)" in caught.value.found
    assert "the default rate would be another one" in caught.value.expected


def test_a_single_outcome_that_cannot_be_read_is_only_rejected():
    assert dict(check_outcomes(["0"] * 30 + ["2"]).rule_counts) == {"defaulted|code": 1}


def test_outcomes_that_are_not_known_yet_are_only_rejected():
    checked = check_outcomes(["0"] * 20 + ["1"] + [None] * 10)

    assert dict(checked.rule_counts) == {"defaulted|nullability": 10}
