import pytest

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


@pytest.mark.parametrize(
    ("batch", "version", "address"),
    [
        ("ab12", 3, "https://room.example/batches/ab12?version=3"),
        ("ab12", None, "https://room.example/batches/ab12"),
        (None, 3, "https://room.example/models/3"),
    ],
)
def test_summary_links_to_the_control_room(batch, version, address):
    summary = Summary("predict", "scored", batch_id=batch, model_version=version)

    page = render_summary_markdown(summary, simulated=False, room="https://room.example/")

    assert f"[In the control room]({address})" in page
    assert "control room" not in render_summary_markdown(summary, simulated=False)
