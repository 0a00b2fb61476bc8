"""What the scripts of forged bundles share: nodes of an archive's schema, its entries, its arrays, and a manifest that agrees.

The scripts run as programs of their own (`python hostile_….py FOLDER`), so they import this module by its bare name.
"""

import contextlib
import hashlib
import io
import json
import os
import zipfile

import numpy as np

PIPELINE, MANIFEST, SCHEMA = "pipeline.skops", "bundle.json", "schema.json"


class Payload:
    """Leaves that folder behind when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return (os.mkdir, (str(self.folder),))


def walk(item):
    """Every object of the schema, from the outside in."""
    if isinstance(item, dict):
        yield item
        for value in item.values():
            yield from walk(value)
    elif isinstance(item, list):
        for value in item:
            yield from walk(value)


def find(schema, **wanted):
    """The first node with these fields."""
    return next(
        node
        for node in walk(schema)
        if all(node.get(key) == value for key, value in wanted.items())
    )


def write_text(content):
    """The node of a plain value, which `content` says as JSON."""
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": content,
        "is_json": True,
    }


def put_attribute(schema, kind, name, node):
    """The attribute of the first object with the fields of `kind` is that node from now on."""
    table = find(schema, **kind)["content"]
    if name not in table["content"]:
        table["key_types"]["content"].append(table["key_types"]["content"][0])
    table["content"][name] = node


def take_attribute(schema, kind, name):
    """The first object with the fields of `kind` has that attribute no more."""
    table = find(schema, **kind)["content"]
    del table["content"][name]
    table["key_types"]["content"].pop()


def save(array):
    """The bytes of an array's file; bytes stay as they are."""
    if isinstance(array, bytes):
        return array
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def rewrite(folder, change, *, more=()):
    """The archive again, after `change(entries)` on what it holds by name; the pairs of `more` come after."""
    path = folder / PIPELINE
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    change(entries)
    with zipfile.ZipFile(path, "w") as new:
        for name, content in [*entries.items(), *more]:
            new.writestr(name, content)


def edit_schema(edit):
    """A forgery: `edit(schema)` changes the archive's schema in place, or gives another."""

    def change(entries):
        schema = json.loads(entries[SCHEMA])
        entries[SCHEMA] = json.dumps(edit(schema) or schema).encode()

    return lambda folder: rewrite(folder, change)


def rename(old, **fields):
    """A forgery: the first node with the fields of `old` has these instead."""
    return edit_schema(lambda schema: find(schema, **old).update(fields))


def set_recipe(**changes):
    """A forgery: the manifest's recipe says this."""

    def spoil(folder):
        path = folder / MANIFEST
        content = json.loads(path.read_text())
        content["recipe"].update(changes)
        path.write_text(json.dumps(content))

    return spoil


def agree(folder, **changes):
    """The manifest names the files as they are, and says what `changes` say."""
    path = folder / MANIFEST
    content = json.loads(path.read_text()) | changes
    for name in content["files"]:
        with contextlib.suppress(OSError):
            content["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(content))


def report_reading(read, refusals):
    """What came of `read()`: refused with its message, raised, or read."""
    try:
        read()
    except refusals as error:
        return {"outcome": "refused", "message": str(error)}
    except BaseException as error:  # noqa: BLE001 - it is reported
        return {"outcome": "raised", "message": f"{type(error).__name__}: {error}"}
    return {"outcome": "read", "message": ""}
