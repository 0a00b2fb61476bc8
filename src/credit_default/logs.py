"""Log lines on standard error: one line a step, as text for people or as JSON for a log collector.

Library code asks for a logger by its module's name and never configures one. Only a process's entry
point (a command, a flow run) calls `configure_logging`, which configures the logger
`credit_default` only: MLflow, Prefect and Evidently log as they are configured themselves.
"""

import json
import logging
import math
import re
import sys
import time
from typing import Any, Literal

from credit_default.errors import escape_unprintable, hide_credentials

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]

LOGGER_NAME = "credit_default"
# A %-placeholder of a message, and the key before it where the message writes `key=%s`.
_PLACEHOLDER = re.compile(r"(?:\b(?P<key>[a-z_][a-z0-9_]*)=)?%(?:%|[-+ #0]*\d*(?:\.\d+)?[a-zA-Z])")
_OWN_FIELDS = frozenset({"time", "level", "logger", "message", "exception"})


def configure_logging(level: LogLevel, log_format: LogFormat) -> None:
    """Write this package's log lines to standard error, from `level` upwards.

    Calling it again replaces the earlier configuration. Lines from INFO upwards still reach other
    handlers of the logger (Prefect's, which keeps them with the flow run), whatever `level` is.
    They do not propagate to the root logger, where Prefect has a console handler that would print
    them a second time.

    Args:
        level: The least severe lines to write.
        log_format: `text` for one readable line, `json` for one JSON object a line with the fields
            time, level, logger, message and each `key=value` pair of the message.
    """
    logger = logging.getLogger(LOGGER_NAME)
    for handler in [one for one in logger.handlers if isinstance(one, StandardErrorHandler)]:
        logger.removeHandler(handler)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    handler = StandardErrorHandler(threshold)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logger.addHandler(handler)
    logger.setLevel(min(threshold, logging.INFO))
    logger.propagate = False


class StandardErrorHandler(logging.Handler):
    """A handler that writes to the current standard error, which a test or a shell may redirect."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one line.

        A failure, such as a full standard error or arguments that do not fit the message, is
        reported as `logging` does and not raised: a log line must not end the work that writes it.
        """
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            self.handleError(record)


class TextFormatter(logging.Formatter):
    """A record as `2026-01-31T12:00:00Z info credit_default.… message key=value`, secrets hidden."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, followed by its traceback where it has one."""
        line = f"{_format_time(record)} {record.levelname.lower()} {record.name} {_read_message(record)}"
        return f"{line}\n{_read_exception(self, record)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """A record as one JSON object on one line, credentials hidden."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's fields as JSON: the five fixed ones, then those of `key=value` pairs."""
        fields: dict[str, Any] = {
            "time": _format_time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _read_message(record),
        }
        if record.exc_info:
            fields["exception"] = _read_exception(self, record)
        return json.dumps(fields | _read_pairs(record), ensure_ascii=False)


def _format_time(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _read_message(record: logging.LogRecord) -> str:
    return hide_credentials(escape_unprintable(record.getMessage()))


def _read_exception(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return hide_credentials(formatter.formatException(record.exc_info)) if record.exc_info else ""


def _read_pairs(record: logging.LogRecord) -> dict[str, Any]:
    """Return the arguments of a message by the keys written before them; finite numbers stay numbers."""
    if not isinstance(record.args, tuple):
        return {}
    found = [match for match in _PLACEHOLDER.finditer(str(record.msg)) if match[0] != "%%"]
    pairs = {match["key"]: value for match, value in zip(found, record.args, strict=False)}
    return {
        key: value
        if isinstance(value, bool | int | float) and math.isfinite(value)  # JSON has no NaN
        else hide_credentials(escape_unprintable(str(value)))
        for key, value in pairs.items()
        if key and key not in _OWN_FIELDS
    }
