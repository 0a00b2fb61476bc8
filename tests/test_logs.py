import json
import logging

import pytest

from credit_default.logs import LOGGER_NAME, StandardErrorHandler, configure_logging

LOG = logging.getLogger("credit_default.services.scoring.score_batch")


def test_text_line_is_time_level_logger_and_message(capsys):
    configure_logging("info", "text")

    LOG.info("scored batch batch_id=%s row_count=%d", "b-1", 3)

    (line,) = capsys.readouterr().err.splitlines()
    moment, rest = line.split(" ", 1)
    assert moment.endswith("Z")
    assert len(moment) == len("2026-01-31T12:00:00Z")
    assert rest == (
        "info credit_default.services.scoring.score_batch scored batch batch_id=b-1 row_count=3"
    )


def test_json_line_has_the_pairs_of_the_message_as_fields(capsys):
    configure_logging("info", "json")

    LOG.warning("100%% sure of %s batch_id=%s share=%.2f row_count=%d", "this", "b 1", 0.256, 3)

    (line,) = capsys.readouterr().err.splitlines()
    fields = json.loads(line)
    assert fields.pop("time").endswith("Z")
    assert fields == {
        "level": "warning",
        "logger": "credit_default.services.scoring.score_batch",
        "message": "100% sure of this batch_id=b 1 share=0.26 row_count=3",
        "batch_id": "b 1",
        "share": 0.256,
        "row_count": 3,
    }


def test_pair_never_replaces_a_field_of_the_line_itself(capsys):
    configure_logging("info", "json")

    LOG.info("changed level=%s", "high")

    fields = json.loads(capsys.readouterr().err)
    assert (fields["level"], fields["message"]) == ("info", "changed level=high")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_line_hides_credentials_and_stays_one_line(capsys, log_format):
    configure_logging("info", log_format)

    LOG.info("asking uri=%s\nsoon", "http://me:hunter2@mlflow:5000")

    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "hunter2" not in told
    assert "mlflow:5000" in told


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_traceback_is_written_without_credentials(capsys, log_format):
    configure_logging("info", log_format)

    try:
        int("http://me:hunter2@mlflow:5000")
    except ValueError:
        LOG.exception("failed")

    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "hunter2" not in told


def test_lines_below_the_level_are_not_written_but_reach_other_handlers(capsys):
    heard = []
    other = logging.Handler()
    other.emit = heard.append
    logger = logging.getLogger(LOGGER_NAME)
    configure_logging("warning", "text")
    logger.addHandler(other)

    LOG.info("scored")
    LOG.debug("details")
    logger.removeHandler(other)

    assert capsys.readouterr().err == ""
    assert [record.getMessage() for record in heard] == ["scored"]


def test_configuring_twice_leaves_one_handler_and_other_loggers_alone(capsys):
    root = (logging.root.level, list(logging.root.handlers))

    configure_logging("info", "json")
    configure_logging("debug", "text")
    LOG.debug("details")

    handlers = logging.getLogger(LOGGER_NAME).handlers
    assert sum(isinstance(handler, StandardErrorHandler) for handler in handlers) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert (logging.root.level, list(logging.root.handlers)) == root


def test_closed_standard_error_stops_nothing(capsys, monkeypatch):
    class Closed:
        def write(self, _text):
            raise ValueError("I/O operation on closed file")

    configure_logging("info", "text")
    monkeypatch.setattr("sys.stderr", Closed())
    monkeypatch.setattr(logging, "raiseExceptions", False)

    LOG.info("scored")
