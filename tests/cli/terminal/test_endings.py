import json
import os
import subprocess
import sys

import polars as pl
import pytest
import typer

from credit_default.cli.terminal.endings import end_on_error, log_unexpected_error
from credit_default.errors import InputError, RefusedError, ServiceError
from credit_default.logs import configure_logging

PARTS = {"found": "b", "expected": "c", "remedy": "d"}


def end_with(error):
    with pytest.raises(typer.Exit) as ending, end_on_error("train"):
        raise error
    return ending.value.exit_code


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (typer.Exit(1), 1),
        (RefusedError("a", **PARTS), 1),
        (InputError("a", **PARTS), 2),
        (ServiceError("a", **PARTS), 3),
        (KeyboardInterrupt(), 130),
        (ValueError("no one expected this"), 70),
        (MemoryError(), 70),
        (RecursionError("maximum recursion depth exceeded"), 70),
        (ModuleNotFoundError("No module named 'polars'"), 70),
        (EOFError(), 70),  # typer would say "Aborted!" and end with 1
        (BrokenPipeError(32, "Broken pipe"), 70),  # a service's: our own output is open
        (SystemExit(1), 70),  # a library's
        (SystemExit("cannot go on"), 70),
        (
            pl.exceptions.PanicException("index out of bounds"),
            70,
        ),  # no Exception, but a BaseException
    ],
    ids=repr,
)
def test_each_error_has_its_exit_code_and_1_is_a_refusal_only(error, exit_code):
    assert end_with(error) == exit_code


@pytest.mark.parametrize("code", [0, 2, 130, 143])
def test_ending_by_a_signal_or_with_a_code_of_ours_stays(code):
    with pytest.raises(SystemExit) as ending, end_on_error("train"):
        sys.exit(code)

    assert ending.value.code == code


def test_unexpected_error_is_one_line_with_type_message_and_log_file(capsys):
    end_with(ValueError("no one\nexpected this"))

    line = capsys.readouterr().err
    assert line.startswith(
        "credit-default train: unexpected error: found ValueError: no one expected this; "
    )
    assert line.count("\n") == 1
    assert "credit-default-train-" in line


def test_process_that_serves_writes_the_traceback_to_its_log_without_credentials(capsys):
    configure_logging("info", "json")

    with pytest.raises(typer.Exit) as ending, end_on_error("serve", record=log_unexpected_error):
        raise ValueError("http://anna:geheim@host does not answer")

    logged, shown = capsys.readouterr().err.splitlines()
    assert "ValueError: http://***@host does not answer" in json.loads(logged)["exception"]
    assert shown.startswith("credit-default serve: unexpected error: found ValueError: ")
    assert "in the log" in shown
    assert ending.value.exit_code == 70


READER_IS_GONE = {
    "our own write": "import sys; sys.stdout.write('x' * 100_000); sys.stdout.flush()",
    "rich": "from rich.console import Console; Console().print('x')",
}


@pytest.mark.parametrize("writes", READER_IS_GONE)
def test_closed_output_ends_with_141_whoever_writes(writes):
    code = f"""
import typer
from credit_default.cli.terminal.endings import discard_output, end_on_error
try:
    with end_on_error("settings"):
        {READER_IS_GONE[writes]}
except typer.Exit as ending:
    discard_output()
    raise SystemExit(ending.exit_code)
"""

    assert run_without_reader(sys.executable, "-c", code) == (141, "")


@pytest.mark.parametrize(
    "variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}], ids=str
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_what_the_terminal_cannot_show_is_printed_as_an_escape(variables, form, tmp_path):
    (tmp_path / "small.toml").write_text('lake = "ä 😀"\n', encoding="utf-8")

    ended = subprocess.run(
        [sys.executable, "-m", "credit_default.cli.main", "settings", *form],
        env={**os.environ, **variables, "CREDIT_DEFAULT_CONFIG": str(tmp_path / "small.toml")},
        capture_output=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert rb"\xe4 \U0001f600" in ended.stdout or rb"\u00e4 \ud83d\ude00" in ended.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_stream_that_the_shell_closed_does_not_fail_the_command(closed, tmp_path):
    line = f'"$0" -m credit_default.cli.main verify --lake lake {closed}'

    ended = subprocess.run(
        ["sh", "-c", line, sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "error" not in ended.stderr
    assert ("proved" in ended.stdout) == (">&-" not in closed.split())


def test_a_full_disk_under_the_result_ends_with_3_and_one_line(tmp_path):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        ended = subprocess.run(
            [sys.executable, "-m", "credit_default.cli.main", "settings", "--quiet"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == 3
    (line,) = ended.stderr.splitlines()
    assert "found No space left on device" in line


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["settings"], ["settings", "--json"]]
)
def test_command_line_whose_output_is_closed_ends_with_141_and_says_nothing(arguments):
    command = [sys.executable, "-m", "credit_default.cli.main", *arguments]

    assert run_without_reader(*command) == (141, "")


def run_without_reader(*command):
    read, write = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run(
            command, stdout=write, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(write)
    return ended.returncode, ended.stderr
