"""Read `pipeline.skops`: a zip of schema.json, a tree of nodes, and of the arrays that it names.

Nothing of it is run: each node becomes a plain value, an array, or the name of a class with its attributes.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_SCHEMA: Final = "schema.json"


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """An object of the archive: its class, as `module.name`, and its attributes."""

    kind: str
    attributes: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A decision tree: `nodes` has the fields of a split, `values` what each node holds, of shape (nodes, 1, classes)."""

    nodes: Any
    values: Any


def read_archive(content: bytes) -> Thing:
    """Return the archive's object.

    Raises:
        ValueError: It is not an archive as docs/format.md describes it.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    schema = json.loads(entries[_SCHEMA])
    named = {_SCHEMA, *_list_files(schema)}
    if named != set(entries):
        raise ValueError(
            f"entries {sorted(named ^ set(entries))[:3]} that schema.json and archive do not share"
        )
    found = _read(schema, entries)
    if not isinstance(found, Thing):
        raise TypeError("no pipeline at its top")
    return found


def _list_files(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_list_files, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["file"]} if "file" in node else set()
    return own.union(*map(_list_files, node.values()))


def _read(node: Mapping[str, Any], entries: Mapping[str, bytes]) -> Any:  # noqa: PLR0911 - one a kind
    loader, content = node["__loader__"], node.get("content")
    name = f"{node['__module__']}.{node['__class__']}"
    if loader == "JsonNode":
        return json.loads(content)
    if loader in {"ListNode", "TupleNode"}:
        return [_read(part, entries) for part in content]
    if loader == "DictNode":
        return {key: _read(value, entries) for key, value in content.items()}
    if loader == "NdArrayNode" and node["type"] == "json":
        return [_read(part, entries) for part in content]
    if loader == "NdArrayNode":
        array = np.load(io.BytesIO(entries[node["file"]]), allow_pickle=False)
        return array.item() if node["__class__"] != "ndarray" else array
    if loader == "TreeNode":
        state = _read(content, entries)
        return Tree(state["nodes"], state["values"])
    if loader in {"FunctionNode", "TypeNode"}:
        return name
    if loader == "ObjectNode":
        return Thing(name, _read(content, entries) if content else {})
    raise ValueError(f"a node of the unknown kind {loader!r}")
