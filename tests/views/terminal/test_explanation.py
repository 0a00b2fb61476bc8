import io
from dataclasses import replace

import pytest
from rich.console import Console

from credit_default.views.summaries.summary import render_summary_json
from credit_default.views.terminal.explanation import (
    ClientExplanation,
    Contribution,
    CounterfactualLine,
    InputLine,
    render_explanation,
    summarise_explanation,
)

DECLINED = ClientExplanation(
    client_id="c1",
    statement_month="2005-09",
    batch_id="ab12",
    model_version=3,
    default_probability=0.4,
    forest_probability=0.4,
    threshold=1 / 6,
    decision="decline",
    risk_band="D",
    reasons=("A payment two or more months late in the last six months",),
    base_probability=0.1,
    method="exact Shapley values, interventional, against the 7 accepted clients of the reference",
    contributions=(
        Contribution("late payments", "How late payments were", 0.35),
        Contribution("credit limit", "The credit limit", -0.05),
    ),
    inputs=(
        InputLine("credit_limit", 20_000.0, "", used=True),
        InputLine("sex", 2, "female", used=False),
        InputLine("repayment_status_m1", 2, "payment 2 months late", used=True),
    ),
    changes=(
        CounterfactualLine(
            "the payment of month m1 on time", {"repayment_status_m1": (2.0, 0.0)}, 0.12
        ),
    ),
)
ACCEPTED = replace(
    DECLINED,
    decision="accept",
    default_probability=0.1,
    forest_probability=0.1,
    reasons=(),
    changes=(),
)


def show(explained):
    text = io.StringIO()
    Console(file=text, width=100, highlight=False, markup=False).print(
        render_explanation(explained)
    )
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def test_explanation_of_a_declined_client_has_inputs_reasons_contributions_and_changes():
    lines = show(DECLINED)

    assert "credit_limit 20,000" in lines
    assert "repayment_status_m1 2 payment 2 months late" in lines
    assert "– A payment two or more months late in the last six months" in lines
    assert "average accepted client 10.00%" in lines
    assert [line.rstrip("█ ") for line in lines if "+35.00" in line] == [
        "How late payments were +35.00"
    ]
    assert [line.rstrip("█ ") for line in lines if "-5.00" in line] == ["The credit limit -5.00"]
    assert "this client's default probability 40.00%" in lines
    assert "threshold 16.67%" in lines
    told = "– the payment of month m1 on time: repayment_status_m1 2 → 0; the probability would be 12.00%"
    assert told in lines


def test_a_protected_attribute_is_marked_as_not_used():
    assert "sex 2 female (not used by the model)" in show(DECLINED)


def test_explanation_of_an_accepted_client_has_what_pushed_most():
    lines = show(ACCEPTED)

    assert "Reasons" not in lines
    assert "1. up: How late payments were (+35.00)" in lines
    assert "2. down: The credit limit (-5.00)" in lines
    assert (
        "– nothing: the client is accepted, as the probability is below the threshold of 16.67%"
        in lines
    )


def test_where_no_change_suffices_it_is_said():
    lines = show(replace(DECLINED, changes=()))

    assert any("no single change that was tried" in line for line in lines)


def test_a_recalibrated_score_is_below_the_forest_s_own():
    lines = show(replace(DECLINED, default_probability=0.45))

    assert "the forest's probability 40.00%" in lines
    assert "recalibrated: this client's default probability 45.00%" in lines


def test_a_declined_client_without_a_reason_in_words_is_not_passed_over():
    assert "– no reason that can be put in words applies" in show(replace(DECLINED, reasons=()))


def test_several_reasons_are_numbered():
    lines = show(replace(DECLINED, reasons=("one", "two")))

    assert lines[lines.index("Reasons") + 1 :][:2] == ["1. one", "2. two"]


def test_a_client_without_contributions_still_has_a_probability():
    lines = show(replace(ACCEPTED, contributions=()))

    assert "this client's default probability 10.00%" in lines


@pytest.mark.parametrize("told", [True, False])
def test_summary_names_the_decision_and_lists_the_rest_where_no_tables_are_shown(told):
    summary = summarise_explanation(DECLINED, listed=told)

    assert summary.status == "decline, band D: client c1, 2005-09"
    assert summary.figures["default probability"] == 0.4
    assert (summary.batch_id, summary.model_version, summary.exit_code) == ("ab12", 3, 0)
    assert ("contribution of late payments" in summary.figures) is told
    assert (
        "reason 1: A payment two or more months late in the last six months" in summary.notes
    ) is told
    if told:
        added = sum(
            value for name, value in summary.figures.items() if name.startswith("contribution of ")
        )
        assert summary.figures["average of accepted"] + added == pytest.approx(
            summary.figures["sum"]
        )
        assert "input sex" not in summary.figures


def test_text_that_came_with_the_data_moves_no_cursor():
    hostile = replace(
        DECLINED, client_id="c\x1b[2J", inputs=(InputLine("limit", 1, "\x1b[31m[red]x", used=True),)
    )

    assert "\x1b" not in "".join(show(hostile))
    assert "\x1b" not in render_summary_json(summarise_explanation(hostile, listed=True))
