import json
import logging

import pytest
import typer

from credit_default.cli.terminal.output import configure_logging, run_command
from credit_default.cli.terminal.session import choose_logging, list_logging_variables
from credit_default.cli.terminal.shared_options import SharedOptions
from credit_default.views.summaries.summary import Summary

LOG = logging.getLogger("credit_default.services.scoring.score_batch")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("LEVEL", "FORMAT"):
        monkeypatch.delenv(f"CREDIT_DEFAULT_LOGGING__{name}", raising=False)


def test_level_that_nothing_sets_is_the_usual_one_of_the_command():
    assert choose_logging(SharedOptions(), usual="error").level == "error"
    assert choose_logging(SharedOptions(log_level="info"), usual="error").level == "info"


def test_variable_and_file_set_the_level_too(monkeypatch, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text('[logging]\nlevel = "debug"\n')
    from_file = choose_logging(SharedOptions(config=(str(config),)), usual="error")
    monkeypatch.setenv("CREDIT_DEFAULT_LOGGING__LEVEL", "warning")

    assert from_file.level == "debug"
    assert choose_logging(SharedOptions(), usual="error").level == "warning"


def test_process_that_is_started_next_logs_as_this_one(monkeypatch):
    variables = list_logging_variables(
        choose_logging(SharedOptions(log_format="json"), usual="info")
    )

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    next_one = choose_logging(SharedOptions(), usual="error")
    assert (next_one.level, next_one.format) == ("info", "json")


def work(output):
    LOG.info("scored batch batch_id=%s", "b-1")
    LOG.warning("champion is the pinned one batch_id=%s", "b-1")
    return Summary("predict", "done")


@pytest.mark.parametrize(
    ("shared", "expected"),
    [(SharedOptions(), 0), (SharedOptions(quiet=True), 0), (SharedOptions(log_level="info"), 2)],
)
def test_command_writes_log_lines_only_where_a_level_is_set(capsys, shared, expected):
    with pytest.raises(typer.Exit) as ended:
        run_command("predict", work, shared)

    assert ended.value.exit_code == 0
    assert len(capsys.readouterr().err.splitlines()) == expected


def test_log_lines_leave_the_one_object_on_standard_output_alone(capsys):
    with pytest.raises(typer.Exit):
        run_command("predict", work, SharedOptions(as_json=True, log_level="info"))

    written = capsys.readouterr()
    assert json.loads(written.out)["status"] == "done"
    assert len(written.err.splitlines()) == 2


def test_process_that_serves_writes_its_steps(capsys):
    configure_logging(SharedOptions(), usual="info")

    LOG.info("announced file")

    assert capsys.readouterr().err.endswith("score_batch announced file\n")
