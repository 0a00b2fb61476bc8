"""The reference of the settings: every leaf with its type, its default and the comment beside it in the code."""

import ast
import dataclasses
import inspect
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel

from credit_default.setting_layers import list_values
from credit_default.settings_sections import SECRETS, Settings
from docs_site.markdown import write_table

HEADINGS = ("setting", "meaning")


def write_settings() -> str:
    """Return the settings that belong to no section, then a section for each of the others."""
    sections = {
        name: field.default
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, BaseModel) or dataclasses.is_dataclass(field.default)
    }
    alone = [name for name, _ in list_leaves() if "." not in name]
    own = [name for name in alone if name not in sections]
    parts = [f"## Without a section\n\n{_write_leaves(Settings, own)}\n"]
    parts += [_write_section(name, type(value)) for name, value in sections.items()]
    return "\n".join(parts)


def list_leaves() -> list[tuple[str, object]]:
    """Return every setting's dotted name and default, as `credit-default settings` lists them."""
    return list(list_values(Settings.model_construct()))


def _write_section(section: str, kind: type) -> str:
    names = [name for name, _ in list_leaves() if name.startswith(f"{section}.")]
    return f"## `{section}`\n\n{_read_docstring(kind)}\n\n{_write_leaves(kind, names)}\n"


def _write_leaves(kind: type, names: list[str]) -> str:
    defaults, comments, hints = dict(list_leaves()), read_comments(kind), get_type_hints(kind)
    rows = []
    for name in names:
        leaf = name.rpartition(".")[2]
        meaning = [*(comments.get(leaf) or _find_sentences(kind, leaf)), *_list_limits(kind, leaf)]
        meaning = [*meaning, "A secret: never shown."] if name in SECRETS else meaning
        facts = f"*{_name_type(hints[leaf])}*, {_show(defaults[name])}"
        rows.append((f"`{name}`<br>{facts}", " ".join(meaning)))
    return write_table(HEADINGS, rows)


def _read_docstring(kind: type) -> str:
    """Return the text of a class's docstring, without what it says about arguments and errors."""
    text = inspect.getdoc(kind) or ""
    return re.split(r"\n\n(?:Raises|Args|Attributes|Returns):\n", text)[0]


def _find_sentences(kind: type, leaf: str) -> list[str]:
    """Return the sentences of a section's docstring that name a setting."""
    text = " ".join(_read_docstring(kind).split())
    sentences = re.split(r"(?<=[.;:]) (?=[A-Z`])", text)
    return [_write_sentence(one.rstrip(";:")) for one in sentences if f"`{leaf}`" in one]


def read_comments(kind: type) -> dict[str, list[str]]:
    """Return the comments at each field of a class: the lines before it, then those beside it."""
    path = Path(inspect.getfile(kind))
    source = path.read_text(encoding="utf-8")
    found = {
        token.start[0]: (token.start[1], token.string.lstrip("# "))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    alone = {n for n, line in enumerate(source.splitlines(), 1) if line.lstrip().startswith("#")}
    comments = {}
    for field in _find_fields(ast.parse(source), kind.__name__):
        first = field.lineno
        while first - 1 in alone:
            first -= 1
        lines = [found[n][1] for n in range(first, (field.end_lineno or first) + 1) if n in found]
        if lines:
            comments[ast.unparse(field.target)] = [_write_sentence(" ".join(lines))]
    return comments


def _find_fields(tree: ast.Module, name: str) -> Iterator[ast.AnnAssign]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield from (one for one in node.body if isinstance(one, ast.AnnAssign))


def _write_sentence(text: str) -> str:
    """Return a comment as a sentence: a capital letter first, a full stop last."""
    text = text if text.startswith("`") else text[:1].upper() + text[1:]
    return text if text.endswith((".", ":", "!")) else f"{text}."


def _list_limits(kind: type, leaf: str) -> list[str]:
    if not issubclass(kind, BaseModel):
        return []
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    limits = [
        f"{words[bound]} {getattr(one, bound)}"
        for one in kind.model_fields[leaf].metadata
        for bound in words
        if getattr(one, bound, None) is not None
    ]
    return [_write_sentence(" and ".join(limits))] if limits else []


def _name_type(hint: Any) -> str:
    """Return a type in the words of a person who writes a configuration file."""
    text = re.sub(r"(?:\w+\.)+(?=\w)", "", str(getattr(hint, "__name__", None) or hint))
    text = str(hint) if text in {"Literal", "Annotated", "Mapping"} else text
    text = re.sub(r"(?:typing|collections\.abc)\.|<class '(?:\w+\.)*(\w+)'>", r"\1", text)
    if text.startswith(("Literal", "Optional[Literal")) or "Literal[" in text:
        return " or ".join(re.findall(r"'([^']+)'", text)) or text
    words = {"str": "text", "int": "integer", "float": "number", "bool": "true or false"}
    text = re.sub(r"\b(str|int|float|bool)\b", lambda one: words[one[0]], text)
    text = re.sub(r"\btuple\[(.+?), \.\.\.\]", r"list of \1", text)
    return text.replace(" | None", ", or none").replace("Mapping", "table").replace("|", "or")


def _show(value: object) -> str:
    """Return a default as a configuration file has it."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return f"`[{', '.join(json.dumps(one, default=str) for one in value)}]`"
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    return f"`{json.dumps(value, default=str)}`"
