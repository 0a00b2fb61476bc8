"""Forged bundles of other families than the forest: `python hostile_families.py FOLDER...`, each of which holds a good one.

A process is forked for each folder, so that a crash ends only that one. Each forgery spoils a copy and makes its manifest agree; one line of JSON says what came of reading it. Whatever runs when it
must not leaves `ran` behind.
"""

import io
import json
import os
import pickle
import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
from forging import (
    MANIFEST,
    Payload,
    agree,
    edit_schema,
    find,
    put_attribute,
    rename,
    report_reading,
    rewrite,
    save,
    set_recipe,
    take_attribute,
    write_text,
)

from credit_default.adapters.bundles.bundle_files import read_bundle
from credit_default.errors import ArtifactError


def fork_for_each(folders):
    """The folder that this process is for; the first process waits for the others, and ends with their exit codes."""
    children = []
    for folder in folders:
        if child := os.fork():
            children.append(child)
        else:
            return Path(folder)
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256 for child in children))


ROOT = fork_for_each(sys.argv[1:])
RAN = ROOT / "ran"
RECIPE = json.loads((ROOT / MANIFEST).read_text())["recipe"]
FAMILY = RECIPE["family"]
IS_BOOSTING, IS_CARD, IS_BLEND = (name == FAMILY for name in ("boosting", "scorecard", "blend"))
ESTIMATOR = {
    "blend": "BlendedMembers",
    "boosting": "BoostedTrees",
    "extra-trees": "ExtraTreesClassifier",
    "scorecard": "PointsCard",
}[FAMILY]


def edit_array(edit, *, fields):
    """The first array with these fields (or, with False, the first of three dimensions), as `edit` returns it."""

    def change(entries):
        for name, content in entries.items():
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content))
                if bool(array.dtype.names) is fields and (fields or array.ndim == 3):
                    spoilt = edit(array.copy())
                    entries[name] = save(spoilt)
                    return
        raise AssertionError("no such array")

    return lambda folder: rewrite(folder, change)


def set_node(field, value, *, at=0):
    def edit(nodes):
        nodes[field][at] = value
        return nodes

    return edit_array(edit, fields=True)


def set_value(*value):
    def edit(values):
        values[-1] = value[: values.shape[2]]
        return values

    return edit_array(edit, fields=False)


def set_attribute(name, content, *, kind=ESTIMATOR):
    node = write_text(content)
    return edit_schema(lambda schema: put_attribute(schema, {"__class__": kind}, name, node))


def edit_table(name, edit, *, kind="PointsCard"):
    """The array of that name, or of the first feature in a scorecard's list of that name, as `edit` returns it."""

    def change(entries):
        schema = json.loads(entries["schema.json"])
        table = find(schema, __class__=kind)["content"]["content"][name]
        file = table["file"] if "file" in table else table["content"][0]["file"]
        spoilt = edit(np.load(io.BytesIO(entries[file])))
        entries[file] = spoilt if isinstance(spoilt, bytes) else save(spoilt)

    return lambda folder: rewrite(folder, change)


def set_cell(name, value, *, at=0, kind="PointsCard"):
    def edit(cells):
        cells[at] = value
        return cells

    return edit_table(name, edit, kind=kind)


def edit_members(edit):
    """The list of a blend's fitted members, changed in place by `edit`."""

    def change(schema):
        edit(find(schema, __class__="BlendedMembers")["content"]["content"]["members_"]["content"])

    return edit_schema(change)


def change_member(place, **changes):
    members = [dict(member) for member in RECIPE["members"]]
    members[place].update(changes)
    return set_recipe(members=members)


def nest_members(depth):
    member = {"family": "forest"}
    for _ in range(depth):
        member = {"family": "blend", "members": [member, "forest"]}
    return set_recipe(members=[member, "forest"])


def drop_attribute(name):
    return edit_schema(lambda schema: take_attribute(schema, OWN, name))


OWN = {"__class__": ESTIMATOR}
TREES = {
    "left child far outside": set_node("left_child", 10**9),
    "right child far outside": set_node("right_child", 2**62),
    "left child below nothing": set_node("left_child", -5),
    "right child below nothing": set_node("right_child", -(2**62)),
    "root that is its own child": set_node("left_child", 0),
    "root that is its own right child": set_node("right_child", 0),
    "cycle from the last node to the root": set_node("left_child", 0, at=-1),
    "last node with a child behind the end": set_node("right_child", 10**6, at=-1),
    "node with one child": set_node("right_child", -1),
    "two parents of one child": set_node("right_child", 1),
    "feature far outside": set_node("feature", 10**9),
    "feature below nothing": set_node("feature", -3),
    "feature just outside": set_node("feature", 10**3),
    "threshold that is no number": set_node("threshold", np.nan),
    "threshold below all": set_node("threshold", -np.inf),
    "another threshold": set_node("threshold", 123.456),
    "unknown way of missing values": set_node("missing_go_to_left", 77),
    "nodes of another kind": edit_array(lambda nodes: np.zeros(len(nodes)), fields=True),
    "nodes in two dimensions": edit_array(lambda nodes: nodes.reshape(1, -1), fields=True),
    "no node": edit_array(lambda nodes: nodes[:0], fields=True),
    "one node less": edit_array(lambda nodes: nodes[:-1], fields=True),
    "one node more": edit_array(lambda nodes: np.append(nodes, nodes[-1:]), fields=True),
    "nodes that are a pickle": edit_array(
        lambda _: save(np.array([Payload(RAN)], dtype=object)), fields=True
    ),
    "nodes that are a bare pickle": edit_array(lambda _: pickle.dumps(Payload(RAN)), fields=True),
    "nodes that are nothing": edit_array(lambda _: b"", fields=True),
    "nodes of other names": edit_array(
        lambda nodes: nodes.astype([(f"f{n}", nodes.dtype[n]) for n in range(len(nodes.dtype))]),
        fields=True,
    ),
    "value that is no number": set_value(np.nan),
    "value without end": set_value(np.inf),
    "value below all": set_value(-np.inf),
    "value of ten million": set_value(1e7),
    "another value": set_value(0.125, 0.875),
    "values of whole numbers": edit_array(lambda values: values.astype(int), fields=False),
    "values of another shape": edit_array(lambda values: values.reshape(-1), fields=False),
    "one value less": edit_array(lambda values: values[:-1], fields=False),
    "values of three classes": edit_array(
        lambda values: np.repeat(values, 3, axis=2), fields=False
    ),
    "values that are a pickle": edit_array(
        lambda _: save(np.array([Payload(RAN)], dtype=object)), fields=False
    ),
}
FORGERIES = {} if IS_CARD else TREES
FORGERIES |= {
    "estimator of a module of its own": rename(OWN, __module__="canary_module"),
    "estimator by a loader that calls": rename(OWN, __loader__="MethodNode"),
    "estimator by a loader of reduced objects": rename(OWN, __loader__="ConstructorFromReduceNode"),
    "estimator of scikit-learn's own booster": rename(
        OWN,
        __module__="sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
        __class__="HistGradientBoostingClassifier",
    ),
    "estimator of the random forest": rename(
        OWN, __module__="sklearn.ensemble._forest", __class__="RandomForestClassifier"
    ),
    "estimator that is a calibration": rename(
        OWN, __module__="credit_default.bundled", __class__="CalibratedForest"
    ),
    "method in the place of scoring": set_attribute("predict_proba", "null"),
    "attribute that nobody knows": set_attribute("evil", "1"),
    "features that are negative": set_attribute("n_features_in_", "-1"),
    "features that are a text": set_attribute("n_features_in_", '"os.system"'),
    "recipe of the forest": set_recipe(family="forest"),
    "recipe of a family that nobody knows": set_recipe(family="networks"),
    "classes that are a text": set_attribute("classes_", '"x"'),
    "classes of three": set_attribute("classes_", "[0, 1, 2]"),
    "classes the other way round": set_attribute("classes_", "[1, 0]"),
    "no classes": drop_attribute("classes_"),
    "no count of features": drop_attribute("n_features_in_"),
    "recipe of another seed": set_recipe(seed=99),
}
if not IS_CARD:
    FORGERIES |= {
        "tree of a class of its own": rename(
            {"__loader__": "TreeNode"}, __module__="canary_module"
        ),
        "constraints of five": set_attribute(
            "monotonic_cst" if FAMILY == "extra-trees" else "constraints", str([5] * 68)
        ),
        "recipe of a billion trees": set_recipe(tree_count=10**9),
        "recipe of one tree less": set_recipe(tree_count=RECIPE.get("tree_count", 5) - 1),
    }
if IS_BLEND:
    BLEND = {"kind": "BlendedMembers"}
    FORGERIES |= {
        "weight that is no number": set_cell("weights_", np.nan, **BLEND),
        "weight without end": set_cell("weights_", np.inf, **BLEND),
        "weight below nothing": set_cell("weights_", -0.5, **BLEND),
        "weights that sum to two": edit_table("weights_", lambda cells: 2 * cells, **BLEND),
        "weights the other way round": edit_table(
            "weights_", lambda _: np.array([0.5, 0.25, 0.25]), **BLEND
        ),
        "one weight more": edit_table("weights_", lambda cells: np.append(cells, 0.0), **BLEND),
        "weights of whole numbers": edit_table("weights_", lambda _: np.array([0, 1, 0]), **BLEND),
        "weights in two dimensions": edit_table(
            "weights_", lambda cells: cells.reshape(1, -1), **BLEND
        ),
        "weights that are a pickle": edit_table(
            "weights_", lambda _: save(np.array([Payload(RAN)], dtype=object)), **BLEND
        ),
        "weights that are a bare pickle": edit_table(
            "weights_", lambda _: pickle.dumps(Payload(RAN)), **BLEND
        ),
        "weights that are nothing": edit_table("weights_", lambda _: b"", **BLEND),
        "weights that are a text": set_attribute("weights_", '"x"'),
        "given weights that are a text": set_attribute("weights", '"x"'),
        "no weights": drop_attribute("weights_"),
        "no members": drop_attribute("members_"),
        "members that are a text": set_attribute("members_", '"x"'),
        "members that are numbers": set_attribute("members_", "[1, 2, 3]"),
        "recipes that are a text": set_attribute("members", '"x"'),
        "recipes that are none": set_attribute("members", "[]"),
        "members the other way round": edit_members(lambda members: members.reverse()),
        "one member less": edit_members(lambda members: members.pop()),
        "a member twice": edit_members(lambda members: members.append(members[-1])),
        "a member of the wrong family": edit_members(
            lambda members: members.__setitem__(0, members[1])
        ),
        "a thousand cores": set_attribute("n_jobs", "1000"),
        "a forest on a thousand cores": set_attribute(
            "n_jobs", "1000", kind="RandomForestClassifier"
        ),
        "a forest of another leaf": set_attribute(
            "min_samples_leaf", "1", kind="RandomForestClassifier"
        ),
        "a forest with a method in the place of voting": set_attribute(
            "apply", "null", kind="RandomForestClassifier"
        ),
        "a booster of another baseline": set_attribute("baseline_", "0.5", kind="BoostedTrees"),
        "a booster without end": set_attribute("baseline_", "Infinity", kind="BoostedTrees"),
        "a booster of other features": set_attribute("n_features_in_", "3", kind="BoostedTrees"),
        "points that are no number": set_cell("points_", np.nan),
        "points of ten million": set_cell("points_", -1e7, at=-1),
        "edges that stand still": edit_table("edges_", np.zeros_like),
        "leaf of rows below nothing": set_node("weighted_n_node_samples", -20.0),
        "leaf of rows that are no number": set_node("weighted_n_node_samples", np.nan, at=-1),
        "recipe of other weights": set_recipe(weights=[1, 1, 1]),
        "recipe whose weights are fitted": set_recipe(weights=[]),
        "recipe whose weights are a text": set_recipe(weights="abc"),
        "recipe without members": set_recipe(members=[]),
        "recipe whose members are a text": set_recipe(members="abc"),
        "recipe whose members are numbers": set_recipe(members=[1, 2, 3]),
        "recipe with a blend as member": set_recipe(members=[{"family": "blend"}] * 3),
        "recipe of blends in blends": nest_members(150),
        "recipe with a member of other trees": change_member(0, tree_count=4),
        "recipe with a member of other splits": change_member(0, family="extra-trees"),
        "recipe with a member of a seed": change_member(1, seed=9),
        "recipe with a member of a million bins": change_member(2, bin_count=10**6),
        "recipe that is monotone and its members are not": set_recipe(monotone=True),
    }
if IS_CARD:
    FORGERIES |= {
        "points that are no number": set_cell("points_", np.nan),
        "points without end": set_cell("points_", np.inf),
        "points of ten million": set_cell("points_", -1e7, at=-1),
        "other points": set_cell("points_", 7.25),
        "one point more": edit_table("points_", lambda cells: np.append(cells, 1.0)),
        "one point less": edit_table("points_", lambda cells: cells[:-1]),
        "points of whole numbers": edit_table("points_", lambda cells: cells.astype(int)),
        "points in two dimensions": edit_table("points_", lambda cells: cells.reshape(1, -1)),
        "points that are a pickle": edit_table(
            "points_", lambda _: save(np.array([Payload(RAN)], dtype=object))
        ),
        "points that are a bare pickle": edit_table(
            "points_", lambda _: pickle.dumps(Payload(RAN))
        ),
        "points that are nothing": edit_table("points_", lambda _: b""),
        "edges that are no number": set_cell("edges_", np.nan),
        "edges without end": set_cell("edges_", -np.inf),
        "edges that fall": edit_table("edges_", lambda cells: cells[::-1] - np.arange(len(cells))),
        "edges that stand still": edit_table("edges_", np.zeros_like),
        "other edges": edit_table("edges_", lambda cells: cells + 0.5),
        "ten thousand edges": edit_table("edges_", lambda _: np.arange(1e4)),
        "edges of texts": edit_table("edges_", lambda cells: cells.astype(str)),
        "edges that are complex": edit_table("edges_", lambda cells: cells.astype(complex)),
        "edges that are a pickle": edit_table(
            "edges_", lambda _: save(np.array([Payload(RAN)], dtype=object))
        ),
        "shares below nothing": set_cell("shares_", -1.0),
        "shares that are no number": set_cell("shares_", np.nan),
        "shares that sum to two": edit_table("shares_", lambda cells: 2 * cells),
        "edges in the place of a text": set_attribute("edges_", '"x"'),
        "points of one feature only": set_attribute("points_", "[1]"),
        "shares that are nothing": set_attribute("shares_", "null"),
        "intercept that is no number": set_attribute("intercept_", "NaN"),
        "intercept without end": set_attribute("intercept_", "-Infinity"),
        "intercept that is a text": set_attribute("intercept_", '"x"'),
        "another intercept": set_attribute("intercept_", "0.5"),
        "another penalty": set_attribute("weight_penalty", "1.0"),
        "no points": drop_attribute("points_"),
        "no edges": drop_attribute("edges_"),
        "recipe of two bins": set_recipe(bin_count=2),
        "recipe with a forest's word": set_recipe(tree_count=7),
        "recipe that is monotone": set_recipe(monotone=True),
    }
if IS_BOOSTING:
    FORGERIES |= {
        "baseline that is no number": set_attribute("baseline_", "NaN"),
        "baseline without end": set_attribute("baseline_", "Infinity"),
        "baseline that is a text": set_attribute("baseline_", '"x"'),
        "another baseline": set_attribute("baseline_", "0.5"),
        "no baseline": drop_attribute("baseline_"),
        "trees that are a text": set_attribute("trees_", '"x"'),
        "trees that are numbers": set_attribute("trees_", "[1, 2]"),
        "another learning rate": set_attribute("learning_rate", "0.9"),
        "trees of more leaves than the recipe's": set_recipe(leaf_count=2),
        "recipe with a forest's word": set_recipe(criterion="gini"),
        "recipe that says monotone and is not": set_recipe(monotone=True),
    }


def main():
    (ROOT / "canary_module.py").write_text(f"import os\nos.mkdir({str(RAN)!r})\n")
    sys.path.insert(0, str(ROOT))
    digest = json.loads((ROOT / MANIFEST).read_text())["digest"]
    read_bundle(ROOT, expected_digest=digest)
    for name, spoil in FORGERIES.items():
        folder = ROOT / "forged"
        folder.mkdir()
        for path in ROOT.iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        spoil(folder)
        agree(folder)
        outcome = report_reading(
            partial(read_bundle, folder, expected_digest=digest), ArtifactError
        )
        report = {"family": FAMILY, "name": name, **outcome, "ran": RAN.exists()}
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
        shutil.rmtree(folder)


main()
