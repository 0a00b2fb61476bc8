import subprocess
import sys

import pytest

OPEN = """
from credit_default.cli.demo.demo_page import open_page
from credit_default.cli.terminal.output import Output
from credit_default.views.summaries.summary import Summary
output = Output("demo", as_json=False, quiet=False)
output.end_with("Open file:///a%20lake/history.html")
open_page(output, "file:///a%20lake/history.html")
output.show(Summary("demo", "done", notes=("the last note",)))
"""


def show(browser):
    """What a process of its own prints: the module `webbrowser` reads BROWSER once."""
    answer = subprocess.run(
        [sys.executable, "-c", OPEN],
        env={"BROWSER": browser, "PATH": "", "PYTHONPATH": ":".join(sys.path), "COLUMNS": "20"},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.splitlines()


@pytest.fixture
def browser(tmp_path):
    """A program that writes down which page it was asked for."""
    path = tmp_path / "browser"
    path.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n')
    path.chmod(0o755)
    return path


def test_page_opens_in_the_persons_browser_and_its_address_is_the_last_line(browser, tmp_path):
    lines = show(f"{browser} %s")

    assert (tmp_path / "opened").read_text().strip() == "file:///a%20lake/history.html"
    assert lines[-1] == "Open file:///a%20lake/history.html"


def test_where_no_browser_can_be_opened_a_note_says_so():
    lines = show("/no/such/browser %s")

    assert lines[-1] == "Open file:///a%20lake/history.html"
    assert "no browser could be" in " ".join(lines)
