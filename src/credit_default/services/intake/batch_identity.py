"""Name a batch by its content: the same file, read in the same way for the same use, is the same batch."""

import hashlib

from credit_default.adapters.files.statement_files import Statements
from credit_default.data.checking.validation import OutcomeUse

_DIGIT_COUNT = 16


def build_batch_id(file: Statements, *, use: OutcomeUse, corrects: str | None) -> str:
    """Return the first 16 hexadecimal digits of a digest over all that the checked rows depend on.

    Rows checked with their outcomes are other rows than those scored without, so each use has a batch of its own.
    """
    schema = file.schema
    parts = [file.source.sha256, schema.name, schema.version, file.month or ""]
    content = " ".join(parts)
    content += f" outcome {use}" if use != "ignored" else ""
    content += f" corrects {corrects}" if corrects else ""
    return _digest(content + _describe_options(file))


def build_outcomes_id(
    file: Statements, *, of_batch: str | None = None, observed_at: str | None = None
) -> str:
    """Return the first 16 hexadecimal digits of a digest over all that the outcomes in the file depend on.

    Args:
        file: The opened file.
        of_batch: The batch whose rows its rows are, where clients are numbered by row.
        observed_at: The time of observation that was given for all rows.
    """
    content = f"outcomes {file.source.sha256}{_describe_options(file)}"
    content += f" of batch {of_batch}" if of_batch else ""
    content += f" observed {observed_at}" if observed_at else ""
    return _digest(content)


def _describe_options(file: Statements) -> str:
    given = file.options.describe()
    return f" read with {given}" if given else ""


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:_DIGIT_COUNT]
