import io

import pytest
from rich.console import Console
from tests.fakes.validation_reports import make_hostile_report

from credit_default.views.terminal.validation import render_validation, summarise_validation


@pytest.fixture(scope="module")
def report():
    return make_hostile_report()


def test_the_terminal_fits_80_columns_and_shows_the_worst_first(report):
    console = Console(width=80, file=io.StringIO(), highlight=False)

    console.print(render_validation(report))

    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    lights = [line.split()[0] for line in lines if line.startswith(("red", "amber"))]
    assert lights == sorted(lights, reverse=True)
    assert "\x1b" not in console.file.getvalue()


def test_the_summary_fails_on_an_alarm_and_lists_reasons_for_json(report):
    shown = summarise_validation(report, listed=False)
    listed = summarise_validation(report, listed=True)

    assert shown.exit_code == listed.exit_code == 1
    assert len(shown.verdicts[0].reasons) == 1
    assert len(listed.verdicts[0].reasons) > 1
