from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.run_artifact import escape_markdown, render_summary_markdown
from credit_default.views.summaries.summary import Summary


def test_verdict_and_reasons_come_first():
    verdict = Verdict("drift", "alarm", ("the score moved",))

    lines = render_summary_markdown(
        Summary("monitor", "drift found", verdicts=(verdict,)), simulated=False
    ).splitlines()

    assert lines[0] == "# monitor: drift found"
    assert "**drift: alarm**" in lines
    assert "* the score moved" in lines


def test_simulated_data_is_said_at_the_top():
    text = render_summary_markdown(Summary("train", "promoted"), simulated=True)

    assert "**Simulated data**" in text.splitlines()[2]


def test_markup_in_data_stays_text():
    assert escape_markdown("<script>|a|*b*\nc") == r"\<script\>\|a\|\*b\* c"
