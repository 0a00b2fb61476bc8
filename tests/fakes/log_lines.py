"""Collect the log lines of this package, whether or not a test before has configured its logger."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname.lower()} {record.getMessage()}")


@contextmanager
def collect_log_lines(chapter: str) -> Iterator[list[str]]:
    """Yield a list that each line of this chapter's loggers is added to, as `level message`."""
    logger, lines = logging.getLogger(f"credit_default.{chapter}"), []
    handler, level = _Lines(lines), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
