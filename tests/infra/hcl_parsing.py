"""The Terraform of this project as plain values: what the promises are judged on, with no Terraform at hand.

A configuration is {folder: {address: body}}. An address is what Terraform calls it (`aws_kms_key.lake`, `module.data`,
`output.name`); a body is the block's arguments, nested blocks as lists. Expressions stay text.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import hcl2

INFRA = Path(__file__).resolve().parents[2] / "infra"
_REFERENCE = re.compile(
    r"(?<![\w.\"-])(aws_[a-z0-9_]+\.[a-z][a-z0-9_]*|module\.[a-z_]+|var\.[a-z_0-9]+|local\.[a-z_0-9]+)"
)


def read_configuration():
    """Every folder of infra/ that holds Terraform, by its path below infra/."""
    folders = sorted(
        {path.parent for path in INFRA.rglob("*.tf") if ".terraform" not in path.parts}
    )
    return {folder.relative_to(INFRA).as_posix(): read_folder(folder) for folder in folders}


def read_folder(folder):
    """The blocks of one folder by address."""
    blocks = {}
    for path in sorted(folder.glob("*.tf")):
        for kind, entries in _plain(hcl2.loads(path.read_text(encoding="utf-8"))).items():
            for entry in entries:
                blocks |= dict(_name_blocks(kind, entry))
    return blocks


def _name_blocks(kind, entry):
    if kind == "resource":
        return [
            (f"{type_}.{name}", body)
            for type_, named in entry.items()
            for name, body in named.items()
        ]
    if kind == "locals":
        return [(f"local.{name}", body) for name, body in entry.items()]
    if kind in {"module", "variable", "output"}:
        return [
            ({"variable": "var"}.get(kind, kind) + f".{name}", body) for name, body in entry.items()
        ]
    return [(kind, entry)]


def _plain(value):
    """Without the parser's quotes and marks."""
    if isinstance(value, dict):
        return {
            _plain(key): _plain(item) for key, item in value.items() if not key.startswith("__")
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value


def find_texts(value) -> Iterator[str]:
    """Every text in a body, whatever it is nested in."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from find_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from find_texts(item)
    elif isinstance(value, str):
        yield value


def find_references(body):
    """The addresses that a body's expressions name."""
    return {found for text in find_texts(body) for found in _REFERENCE.findall(text)}


def look_up(body, path):
    """The value at a dotted path, the first of a list of blocks; None where there is none."""
    for part in path.split("."):
        while isinstance(body, list):
            body = body[0] if body else None
        body = body.get(part) if isinstance(body, dict) else None
    return body
