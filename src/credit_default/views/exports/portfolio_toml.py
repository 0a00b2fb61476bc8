"""Write the draft of a portfolio's declaration as TOML that people read and correct: one column a line, its evidence above it."""

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from credit_default.data.contract.column import Column
from credit_default.data.drafting.draft import PortfolioDraft
from credit_default.data.drafting.features import DraftFeature
from credit_default.data.drafting.names import describe_name
from credit_default.data.drafting.outcomes import OutcomeDraft
from credit_default.errors import escape_unprintable

_WIDTH: Final = 120
_OUTSIDE: Final = 3  # blanks before a column's table and the comma behind it
_WIDEST_NAME: Final = 24  # longer ones are not aligned
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_COLUMN_DEFAULTS: Final = Column("column", "amount", "")
# In the order in which a person reads them; lists come last, as they may go over several lines.
_COLUMN_KEYS: Final = (
    *("description", "protected", "minimum", "maximum", "optional", "missing", "parse"),
    *("date_format", "readings", "special", "codes", "ordered", "unseen", "aliases", "values"),
)


@dataclass(frozen=True, slots=True)
class DraftedFile:
    """The file that a draft was made from."""

    name: str
    portfolio: str  # what the schema is called
    options: Mapping[str, Any]  # how it is read, as the table `[file]` has it
    column_count: int
    is_all: bool  # all of its rows were read
    decisions: tuple[str, ...]  # what a person has to decide or look at


def render_portfolio_toml(draft: PortfolioDraft, file: DraftedFile) -> str:
    """Return the declaration as TOML, with what was seen as comments."""
    parts = [
        _comment(_render_head(draft, file)),
        [f"file.{name} = {line}" for name, line in _render_options(file).items()],
        [
            f"schema.name = {_write(file.portfolio)}",
            'schema.version = "1"',
            *_render_key(draft),
            *_render_outcome(draft.outcome),
            "# What the model card says of the portfolio:",
            '# schema.words = { used_for = "reviews …", not_used_for = "…" }',
        ],
        _render_columns(draft),
        _render_left_out(draft),
        _render_features(draft.features),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _render_head(draft: PortfolioDraft, file: DraftedFile) -> list[str]:
    rows = f"{'all' if file.is_all else 'the first'} {draft.row_count:,} rows"
    decisions = [f"- {line}" for line in file.decisions]
    return [
        f"A draft of a portfolio, from {file.name}: {rows}, {file.column_count} columns.",
        "Above each line stands what was seen.",
        *(["Yours to decide:", *decisions] if decisions else []),
        "Then see what it says of the file: credit-default check FILE --portfolio THIS_FILE",
    ]


def _render_options(file: DraftedFile) -> dict[str, str]:
    return {
        name: _wrap_list(value, indent="")
        if isinstance(value, tuple) and len(_write(value)) > _WIDTH // 2
        else _write(value)
        for name, value in file.options.items()
    }


def _render_key(draft: PortfolioDraft) -> list[str]:
    key = draft.key
    lines = [
        *_comment([f"{key.client_evidence}; {key.month_evidence}"]),
        f"schema.key = {_write({'client': key.client, 'month': key.month})}",
    ]
    if not key.is_unique:
        lines += ["# a client has several rows in a month", "schema.unique_key = false"]
    return lines


def _render_outcome(outcome: OutcomeDraft | None) -> list[str]:
    if outcome is None:
        declared = {"description": "Say what bad means.", "aliases": ["NAME OF THE COLUMN"]}
        return ["# no column looks like an outcome", f"schema.outcome = {_write(declared)}"]
    table: dict[str, Any] = {
        "description": describe_name(outcome.name),
        "aliases": [outcome.name.strip()],
    }
    for word in ("bad", "good", "ignore", "missing"):
        if getattr(outcome, word):
            table[word] = list(getattr(outcome, word))
    comment = _comment([f"{outcome.name}: {outcome.evidence}"])
    return [*comment, f"schema.outcome = {_write_table(table)}"]


def _render_columns(draft: PortfolioDraft) -> list[str]:
    names = [len(one.column.name) for one in draft.columns.declared]
    kinds = [len(one.column.kind) for one in draft.columns.declared]
    widths = (max(n for n in [*names, 0] if n <= _WIDEST_NAME), max(kinds))
    lines = ["schema.columns = ["]
    for one in draft.columns.declared:
        lines += _comment([f"{one.raw_name or 'unnamed'}: {one.evidence}"], indent="  ")
        lines.append(_render_column(one.column, widths=widths))
    return [*lines, "]"]


def _render_column(column: Column, *, widths: tuple[int, int]) -> str:
    given = {
        key: value
        for key in _COLUMN_KEYS
        if (value := getattr(column, key)) != getattr(_COLUMN_DEFAULTS, key)
    }
    if column.kind == "category":
        del given["codes"]
        given["values"] = list(column.values)
    name, kind = f"name = {_write(column.name)},", f"kind = {_write(column.kind)},"
    aligned = _align(name, widths[0] + 11) + _align(kind, widths[1] + 11)
    lists = [key for key, value in given.items() if isinstance(value, list | tuple)]
    longest = max(lists, key=lambda key: len(_write(given[key])), default=None)
    lines = [
        _write_table(given, head=aligned),
        _write_table(given, head=aligned if lists else f"{name} {kind} ", over_lines=longest),
    ]
    fitting = [line for line in lines if _measure(line) <= _WIDTH - _OUTSIDE]
    return f"  {(fitting or lines[-1:] if lists else fitting or lines)[0]},"


def _measure(text: str) -> int:
    """Return how wide the widest of the lines is."""
    return max(map(len, text.splitlines()))


def _render_left_out(draft: PortfolioDraft) -> list[str]:
    left_out = draft.columns.left_out
    if not left_out:
        return []
    lines = [f"{one.raw_name or 'unnamed'}: {one.reason}" for one in left_out]
    return _comment(["Columns of the file that are not read:", *(f"- {line}" for line in lines)])


def _render_features(features: Sequence[DraftFeature]) -> list[str]:
    width = max((len(f.name) for f in features if len(f.name) <= _WIDEST_NAME), default=0) + 11
    lines = ["features = ["]
    for one in features:
        name = _align(f"name = {_write(one.name)},", width)
        line = f"  {{ {name}function = {_write(one.function)}, columns = {_write(one.columns)} }},"
        if not one.used:
            lines += _comment([one.note], indent="  ")
            line = f"  # {line.strip()}"
        elif one.note and len(f"{line}  # {one.note}") <= _WIDTH:
            line = f"{line}  # {one.note}"
        lines.append(line)
    return [*lines, "]"]


def _align(text: str, width: int) -> str:
    return f"{text:<{width - 1}} "


def _write_table(table: Mapping[str, Any], *, head: str = "", over_lines: str | None = None) -> str:
    """Return an inline table; the list `over_lines`, if there is one, comes first and takes lines of its own."""
    parts = [
        f"{_write_key(key)} = {_write(value)}" for key, value in table.items() if key != over_lines
    ]
    if over_lines is not None:
        parts.insert(
            0, f"{_write_key(over_lines)} = {_wrap_list(table[over_lines], indent='    ')}"
        )
    return f"{{ {head}{', '.join(parts)} }}"


def _wrap_list(values: Sequence[Any], *, indent: str) -> str:
    text = ", ".join(_write(value).replace(" ", "\0") for value in values)
    lines = textwrap.wrap(
        text, _WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False
    )
    inner = "\n".join(f"{indent}  {line}" for line in lines).replace("\0", " ")
    return f"[\n{inner},\n{indent}]"


def _write(value: Any) -> str:
    """Return a value of TOML on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_write_key(k)} = {_write(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_write, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # JSON's texts are TOML's, but for one letter
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_key(key: Any) -> str:
    text = f"{key:g}" if isinstance(key, float) else str(key)
    return text if _BARE_KEY.fullmatch(text) else _write(text)


def _comment(lines: Sequence[str], *, indent: str = "") -> list[str]:
    wrapped: list[str] = []
    for line in lines:
        wrapped += textwrap.wrap(
            escape_unprintable(line),
            _WIDTH - len(indent) - 2,
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
    return [f"{indent}# {line}" for line in wrapped]
