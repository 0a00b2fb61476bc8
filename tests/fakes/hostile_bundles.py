"""Bundles that somebody who can write to the store might leave there: `python hostile_bundles.py FOLDER`.

FOLDER holds three good bundles: `plain`, `calibrated` and `monotone`. Each forgery below spoils a copy of one of them, its
manifest made to agree with the files again, since only the registry's digest and seal are out of a forger's reach. All are
read in this one process; each gives a line of JSON with what came of it. Whatever runs when it must not leaves `ran` behind.
"""

import base64
import io
import json
import os
import pickle
import resource
import shutil
import struct
import sys
import time
import traceback
import zipfile
from pathlib import Path

import forging
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io  # noqa: F401 - what judges a forgery needs it, and its import is no part of what one costs
from forging import MANIFEST, PIPELINE, Payload, agree, find, rewrite, save, walk

from credit_default.adapters.bundles.bundle_files import read_bundle
from credit_default.errors import ArtifactError

FORGERIES = {}
ROWS, REFERENCE = "trained_rows.npy", "reference.parquet"
RAN = Path(sys.argv[1]) / "ran" if len(sys.argv) > 1 else Path("ran")


def forge(name, *, base="plain"):
    """Enters the function that spoils a folder under that name."""

    def enter(spoil):
        FORGERIES[name] = (base, spoil)
        return spoil

    return enter


def main():
    root = Path(sys.argv[1])
    (root / "canary_module.py").write_text(f"import os\nos.mkdir({str(RAN)!r})\n")
    sys.path.insert(0, str(root))
    digests = {
        name: json.loads((root / name / MANIFEST).read_text())["digest"]
        for name in ("plain", "calibrated", "monotone")
    }
    for name, digest in digests.items():  # imports are paid for here
        read_bundle(root / name, expected_digest=digest)
    # what claims to be enormous must not come to be
    resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000, resource.RLIM_INFINITY))
    for name, (base, spoil) in FORGERIES.items():
        folder = root / "forged"
        shutil.copytree(root / base, folder)
        spoil(folder)
        sys.stdout.write(
            json.dumps({"name": name, **read_forged_bundle(folder, digests[base])}) + "\n"
        )
        sys.stdout.flush()
        shutil.rmtree(folder)


def read_forged_bundle(folder, digest):
    started, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        outcome, message = "read", read_bundle(folder, expected_digest=digest).digest
    except ArtifactError as error:
        outcome, message = "refused", str(error)
    except BaseException:  # noqa: BLE001 - whatever else comes is a finding, told by the test
        outcome, message = "broke", traceback.format_exc()
    seconds = time.process_time() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024
    return {
        "outcome": outcome,
        "message": message,
        "seconds": seconds,
        "ran": RAN.exists(),
        "grown_megabytes": grown,
    }


def write(folder, name, content):
    (folder / name).write_bytes(content)
    agree(folder)


def rewrite_zip(folder, change, *, more=()):
    """The archive again: `change(name, content)` gives each entry's new content; then the entries `more`."""

    def change_all(entries):
        for name, content in entries.items():
            entries[name] = change(name, content)

    rewrite(folder, change_all, more=more)
    agree(folder)


def keep_unchanged(name, content):
    return content


def edit_schema(folder, edit):
    """`edit(schema)` changes the archive's schema in place, or gives another."""
    forging.edit_schema(edit)(folder)
    agree(folder)


def edit_array(folder, edit, *, fields):
    """The first array of tree nodes (`fields`) or of leaf shares, changed by `edit`, which may give other bytes."""
    done = []

    def change(name, content):
        if done or not name.endswith(".npy"):
            return content
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if bool(array.dtype.names) != fields or (not fields and array.ndim != 3):
            return content
        done.append(name)
        changed = edit(array)
        return save(array if changed is None else changed)

    rewrite_zip(folder, change)
    assert done


# ---- the manifest


def forge_manifest(name, **changes):
    forge(name)(lambda folder: agree(folder, **changes))


def forge_bytes(name, change):
    def spoil(folder):
        path = folder / MANIFEST
        path.write_bytes(change(path.read_bytes()))

    forge(name)(spoil)


FILES = {PIPELINE: "0", ROWS: "0"}
forge_bytes("manifest is a pickle", lambda _: pickle.dumps(Payload(RAN)))
forge_bytes("manifest nests a hundred thousand deep", lambda _: b"[" * 100_000)
forge_bytes("manifest is two megabytes of blanks", lambda old: old + b" " * 2_000_000)
forge_bytes("manifest says a key twice", lambda old: old.replace(b"{", b'{"recipe": {},', 1))
forge_bytes(
    "manifest holds a number of five thousand digits",
    lambda old: old.replace(b"{", b'{"n": ' + b"9" * 5_000 + b",", 1),
)
forge_bytes("manifest is not UTF-8", lambda old: old + b"\xff")
forge_bytes(
    "row count is infinite", lambda old: old.replace(b'"row_count": 400', b'"row_count": 1e999')
)
forge_manifest("manifest names a file up the tree", files={**FILES, "../../etc/passwd": "0"})
forge_manifest("manifest names an absolute path", files={**FILES, "/etc/passwd": "0"})
forge_manifest("manifest has no pipeline", files={ROWS: "0"})
forge_manifest("manifest of another format", format="credit-default bundle 99")
forge_manifest("another scikit-learn wrote it", library_versions={"scikit-learn": "1.4.2"})
forge_manifest("another digest", digest="ab" * 32)
forge_manifest("recipe with an unknown word", recipe={"tree_count": 5, "__class__": "os.system"})
forge_manifest("recipe of a billion trees", recipe={"tree_count": 10**9})
forge_manifest(
    "recipe that says monotone and is not",
    recipe={"tree_count": 5, "leaf_row_count": 20, "monotone": True},
)
forge_manifest("costs that are no numbers", decision_policy={"missed_default_cost": float("nan")})
forge_manifest("costs that nobody decided", decision_policy={"missed_default_cost": 500.0})
forge_manifest(
    "bands that start above 0",
    decision_policy={"bands": [{"name": "A", "lowest_probability": 0.5}]},
)
forge_manifest(
    "calibration that the pipeline has not", calibration={"slope": 0.5, "intercept": 0.0}
)
forge_manifest("source digests that are no list", source_digests=5)
forge_manifest("features of another version", feature_version="99")


# ---- the files


@forge("pipeline is a link out of the folder")
def link_pipeline(folder):
    (folder / PIPELINE).rename(folder.parent / "elsewhere")
    (folder / PIPELINE).symlink_to(folder.parent / "elsewhere")


@forge("rows trained on are a link to a device")
def link_rows(folder):
    (folder / ROWS).unlink()
    (folder / ROWS).symlink_to("/dev/zero")


@forge("manifest is a pipe that nobody fills")
def pipe_manifest(folder):
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)


@forge("pipeline is a folder")
def fold_pipeline(folder):
    (folder / PIPELINE).unlink()
    (folder / PIPELINE).mkdir()


@forge("reference is missing")
def drop_reference(folder):
    (folder / REFERENCE).unlink()


@forge("pipeline with one flipped bit")
def flip_bit(folder):
    content = bytearray((folder / PIPELINE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / PIPELINE).write_bytes(content)


@forge("MLmodel beside it that asks for a pickle")
def add_pickle_flavour(folder):
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: canary_module\n"
    )
    (folder / "model.pkl").write_bytes(pickle.dumps(Payload(RAN)))


# ---- the archive


@forge("pickle renamed to skops")
def rename_pickle(folder):
    write(folder, PIPELINE, pickle.dumps(Payload(RAN)))


@forge("archive cut in half")
def cut(folder):
    write(
        folder,
        PIPELINE,
        (folder / PIPELINE).read_bytes()[: (folder / PIPELINE).stat().st_size // 2],
    )


@forge("entry named up the tree")
def climb(folder):
    rewrite_zip(folder, keep_unchanged, more=[("../../../tmp/evil.py", b"import canary_module")])


@forge("entry named by an absolute path")
def root_entry(folder):
    rewrite_zip(folder, keep_unchanged, more=[("/etc/cron.d/evil", b"evil")])


@forge("entry that is a link")
def link_entry(folder):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    rewrite_zip(folder, keep_unchanged, more=[(link, b"/etc/passwd")])


@forge("schema that stands there twice")
def double_schema(folder):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        rewrite_zip(folder, keep_unchanged, more=[("schema.json", b"{}")])


def patch_directory(folder, offset, value):
    """The first entry of the archive's directory, with `value` at that offset."""
    content = bytearray((folder / PIPELINE).read_bytes())
    start = content.index(b"PK\x01\x02")
    content[start + offset : start + offset + len(value)] = value
    write(folder, PIPELINE, bytes(content))


@forge("entry that unpacks to four gigabytes")
def bomb(folder):
    patch_directory(folder, 24, struct.pack("<I", 4_000_000_000))


@forge("entry under a password")
def lock(folder):
    patch_directory(folder, 8, struct.pack("<H", 1))


@forge("entry packed in an unknown way")
def pack(folder):
    patch_directory(folder, 10, struct.pack("<H", 99))


@forge("array that is a pickle of objects")
def pickle_array(folder):
    edit_array(folder, lambda _: np.array([Payload(RAN)], dtype=object), fields=True)


@forge("array that is an archive of pickles")
def archive_array(folder):
    buffer = io.BytesIO()
    np.savez(buffer, nodes=np.array([Payload(RAN)], dtype=object))
    edit_array(folder, lambda _: buffer.getvalue(), fields=True)


@forge("array that claims a billion nodes")
def claim_nodes(folder):
    def claim(array):
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            buffer,
            {
                "descr": np.lib.format.dtype_to_descr(array.dtype),
                "fortran_order": False,
                "shape": (10**9,),
            },
        )
        return buffer.getvalue() + b"\0" * 64

    edit_array(folder, claim, fields=True)


# ---- what the archive asks to be loaded


def forge_node(name, old, **fields):
    """The first node with the fields `old` gets the others."""
    forge(name)(
        lambda folder: edit_schema(folder, lambda schema: find(schema, **old).update(fields))
    )


FUNCTION, FOREST = {"__loader__": "FunctionNode"}, {"__class__": "RandomForestClassifier"}
forge_node(
    "function os.system",
    FUNCTION,
    __module__="os",
    content={"module_path": "os", "function": "system"},
)
forge_node("function of a module of its own", FUNCTION, __module__="canary_module")
forge_node(
    "function where its content says another",
    FUNCTION,
    content={"module_path": "os", "function": "system"},
)
forge_node("loader that calls operators", FUNCTION, __loader__="OperatorFuncNode")
forge_node("loader that calls methods", FUNCTION, __loader__="MethodNode")
forge_node("loader that nobody knows", FUNCTION, __loader__="EvilNode")
forge_node("loader of a reduced object", FOREST, __loader__="ConstructorFromReduceNode")
forge_node("forest of a class of its own", FOREST, __module__="canary_module")
forge_node("forest of a class that skops would trust", FOREST, __class__="RandomForestRegressor")
forge_node(
    "class name with a way out in it",
    FOREST,
    __class__="RandomForestClassifier.__init__.__globals__",
)
forge_node("class name that is a list", FOREST, __class__=["RandomForestClassifier"])
forge_node(
    "trust list of its own",
    FOREST,
    __module__="canary_module",
    trusted=["canary_module.RandomForestClassifier"],
)
forge_node(
    "file that is not in the archive",
    {"__loader__": "NdArrayNode", "type": "numpy"},
    file="../../etc/passwd",
)
forge_node(
    "text that nests a hundred thousand deep", {"__loader__": "JsonNode"}, content="[" * 100_000
)
forge_node(
    "type that is none of ours",
    {"__loader__": "JsonNode"},
    __loader__="TypeNode",
    content={"__class__": "system", "__module__": "os"},
)


@forge("schema of another version")
def age_schema(folder):
    edit_schema(folder, lambda schema: schema | {"protocol": 0})


@forge("schema that nests a hundred thousand deep")
def nest_schema(folder):
    rewrite_zip(folder, lambda name, content: b"[" * 100_000 if name == "schema.json" else content)


@forge("object that holds itself")
def hold_itself(folder):
    def loop(schema):
        find(schema, __class__="RandomForestClassifier")["content"]["__id__"] = schema["__id__"]

    edit_schema(folder, loop)


@forge("trust list in the schema's head")
def trust_itself(folder):
    def trust(schema):
        schema["trusted"] = ["canary_module.build_features"]
        find(schema, __loader__="FunctionNode")["__module__"] = "canary_module"

    edit_schema(folder, trust)


@forge("feature under a name of many underscores")
def rename_feature(folder):
    edit_schema(
        folder,
        lambda schema: find(schema, __loader__="JsonNode", content='"credit_limit"').update(
            content='"__class__"'
        ),
    )


@forge("feature of a function that is no word of ours")
def strange_word(folder):
    edit_schema(
        folder,
        lambda schema: find(schema, __loader__="JsonNode", content='"clip"').update(
            content='"__import__"'
        ),
    )


# ---- trees


def set_inner(field, value):
    def edit(nodes):
        nodes[field][np.flatnonzero(nodes["left_child"] >= 0)[1]] = value

    return edit


def forge_tree(name, field, value):
    forge(name)(lambda folder: edit_array(folder, set_inner(field, value), fields=True))


forge_tree("child outside the tree", "left_child", 1_000_000)
forge_tree("child before the tree", "right_child", -7)
forge_tree("node that is its own parent", "left_child", 1)
forge_tree("cycle back to the root", "left_child", 0)
forge_tree("node with one child", "left_child", -1)
forge_tree("feature that is not there", "feature", 10**6)
forge_tree("feature below 0", "feature", -2)
forge_tree("threshold that is no number", "threshold", np.nan)
forge_tree("threshold without end", "threshold", -np.inf)
forge_tree("unknown direction for missing values", "missing_go_to_left", 9)


@forge("two parents of one child")
def share_child(folder):
    def edit(nodes):
        inner = np.flatnonzero(nodes["left_child"] >= 0)
        nodes["right_child"][inner[0]] = nodes["left_child"][inner[0]]

    edit_array(folder, edit, fields=True)


def forge_leaf(name, value):
    def edit(values):
        values[-1, 0, :] = value

    forge(name)(lambda folder: edit_array(folder, edit, fields=False))


forge_leaf("leaf that is no number", np.nan)
forge_leaf("leaf above 1", (2.0, -1.0))
forge_leaf("leaf that does not sum to 1", (0.2, 0.2))
forge_leaf("leaf that says another risk", (0.999, 0.001))


def forge_tree_word(name, word, content):
    """A value in the first tree's state that stands there as JSON."""

    def edit(schema):
        state = find(schema, __loader__="TreeNode")
        next(node[word] for node in walk(state) if word in node)["content"] = content

    forge(name)(lambda folder: edit_schema(folder, edit))


forge_tree_word("tree that claims a billion nodes", "node_count", "1000000000")
forge_tree_word("tree of depth below 0", "max_depth", "-1")


# ---- constraints and calibration


def forge_attribute(name, kind, attribute, content, *, base):
    def edit(schema):
        table = find(schema, __class__=kind)["content"]
        if attribute not in table["content"]:
            table["key_types"]["content"].append(table["key_types"]["content"][0])
        table["content"][attribute] = {
            "__class__": "str",
            "__module__": "builtins",
            "__loader__": "JsonNode",
            "content": content,
            "is_json": True,
        }

    forge(name, base=base)(lambda folder: edit_schema(folder, edit))


LINE = "CalibratedForest"
forge_attribute("line that is flat", LINE, "slope", "0.0", base="calibrated")
forge_attribute("line that falls", LINE, "slope", "-1.0", base="calibrated")
forge_attribute("line that is no number", LINE, "slope", "NaN", base="calibrated")
forge_attribute("line too steep", LINE, "slope", "1e9", base="calibrated")
forge_attribute("line without end", LINE, "intercept", "Infinity", base="calibrated")
forge_attribute("line that is a text", LINE, "slope", '"os.system"', base="calibrated")
forge_attribute("line that says another risk", LINE, "intercept", "-5.0", base="calibrated")
forge_attribute("line with a method of its own", LINE, "predict_proba", "null", base="calibrated")
forge_attribute("line on no forest", LINE, "forest", "null", base="calibrated")
forge_attribute(
    "forest with a method of its own",
    "RandomForestClassifier",
    "predict_proba",
    "null",
    base="plain",
)
forge_attribute(
    "constraints on three features",
    "RandomForestClassifier",
    "monotonic_cst",
    "[1, 0, 1]",
    base="monotone",
)
forge_attribute(
    "constraints of five", "RandomForestClassifier", "monotonic_cst", str([5] * 67), base="monotone"
)
forge_attribute(
    "constraints that were lifted",
    "RandomForestClassifier",
    "monotonic_cst",
    "null",
    base="monotone",
)


# ---- arrays and frames beside the pipeline


def forge_rows(name, make):
    def spoil(folder):
        buffer = io.BytesIO()
        np.save(buffer, make(np.load(folder / ROWS)), allow_pickle=True)
        write(folder, ROWS, buffer.getvalue())

    forge(name)(spoil)


forge_rows("rows trained on that are pickles", lambda _: np.array([Payload(RAN)], dtype=object))
forge_rows("rows trained on that are fractions", lambda rows: rows.astype(np.float64))
forge_rows("rows trained on in two dimensions", lambda rows: rows.reshape(-1, 2))
forge_rows("rows trained on in another order", lambda rows: rows[::-1])
forge("rows trained on that are nothing")(lambda folder: write(folder, ROWS, b""))
forge("rows trained on that are a bare pickle")(
    lambda folder: write(folder, ROWS, pickle.dumps(Payload(RAN)))
)


@forge("rows trained on that are an archive of pickles")
def archive_rows(folder):
    buffer = io.BytesIO()
    np.savez(buffer, rows=np.array([Payload(RAN)], dtype=object))
    write(folder, ROWS, buffer.getvalue())


@forge("rows trained on that claim a thousand billion")
def claim_rows(folder):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<u8", "fortran_order": False, "shape": (10**12,)}
    )
    write(folder, ROWS, buffer.getvalue())


def forge_reference(name, make):
    def spoil(folder):
        table = make(pq.read_table(folder / REFERENCE))
        pq.write_table(table, folder / REFERENCE)
        agree(folder)

    forge(name)(spoil)


def extend(table):
    """A column of an extension type whose description is a pickle."""
    pickled = base64.b64encode(pickle.dumps(Payload(RAN))).decode()
    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickled.encode(),
    }
    return table.append_column(
        pa.field("evil", pa.int64(), metadata=metadata), pa.array([1] * table.num_rows)
    )


forge("reference that is a pickle")(
    lambda folder: write(folder, REFERENCE, pickle.dumps(Payload(RAN)))
)
forge("reference that only looks like Parquet")(
    lambda folder: write(folder, REFERENCE, b"PAR1 nothing PAR1")
)
forge_reference("reference with a column of a type of its own", extend)
forge_reference("reference with one column less", lambda table: table.remove_column(3))
forge_reference(
    "reference with a column twice",
    lambda table: table.append_column(table.field(3), table.column(3)),
)
forge_reference(
    "reference of lists",
    lambda table: table.append_column("evil", pa.array([[1]] * table.num_rows)),
)
forge_reference(
    "reference of two hundred million rows", lambda _: pa.table({"age": pa.nulls(210_000_000)})
)
forge_reference(
    "reference with a pickle in its margin",
    lambda table: table.replace_schema_metadata(
        {b"pandas": pickle.dumps(Payload(RAN)), b"ARROW:schema": b"evil"}
    ),
)


if __name__ == "__main__":
    main()
