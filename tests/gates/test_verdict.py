import pytest

from credit_default.gates.verdict import Verdict


@pytest.mark.parametrize(
    ("level", "passed"),
    [("ok", True), ("watch", True), ("not judged", True), ("alarm", False), ("refused", False)],
)
def test_a_verdict_passes_unless_it_is_an_alarm_or_a_refusal(level, passed):
    assert Verdict("any", level, ("because",)).passed is passed
