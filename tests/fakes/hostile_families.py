"""Pipelines of each family that somebody who can write to the store might leave there: `python hostile_families.py FOLDER`.

FOLDER holds a good bundle in a folder of each family's name. Each forgery below spoils a copy of one, its manifest made to agree
with the files again. All are read in this one process; each gives a line of JSON with what came of it. A forgery takes what skops
would build and changes it, or changes the schema: `hostile_bundles.py` has those of the archive, the manifest and other files.
"""

import io
import json
import math
import resource
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from hostile_bundles import (
    MANIFEST,
    PIPELINE,
    RAN,
    edit_array,
    edit_schema,
    read_bundle,
    read_forged_bundle,
    rewrite_manifest,
    rewrite_zip,
    walk_nodes,
)

FORGERIES = {}
ESTIMATORS = {
    "extra-trees": "ExtraTreesClassifier",
    "boosting": "BoostedTrees",
    "scorecard": "Scorecard",
}
TREES = ("extra-trees", "boosting")
OURS = ("boosting", "scorecard")


def forge(name, families, spoil):
    for family in families:
        FORGERIES[f"{family}: {name}"] = (family, spoil)


def main():
    root = Path(sys.argv[1])
    (root / "canary_module.py").write_text(f"import os\nos.mkdir({str(RAN)!r})\n")
    sys.path.insert(0, str(root))
    digests = {}
    for family in ESTIMATORS:  # imports are paid for here
        digests[family] = json.loads((root / family / MANIFEST).read_text())["digest"]
        read_bundle(root / family, expected_digest=digests[family])
    resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000, resource.RLIM_INFINITY))
    for name, (family, spoil) in FORGERIES.items():
        folder = root / "forged"
        shutil.copytree(root / family, folder)
        spoil(folder)
        report = read_forged_bundle(folder, digests[family])
        sys.stdout.write(json.dumps({"name": name, **report}) + "\n")
        sys.stdout.flush()
        shutil.rmtree(folder)


def find_estimator(schema):
    """The node of the family's estimator."""
    names = set(ESTIMATORS.values())
    return next(
        node
        for node in walk_nodes(schema)
        if node.get("__class__") in names and node.get("__loader__") == "ObjectNode"
    )


def list_attributes(node):
    return node["content"]["content"]


def edit_estimator(edit):
    """Spoils the estimator's node; `edit` gets it and its attributes. Arrays that are no longer named leave the archive."""

    def spoil(folder):
        def change(schema):
            node = find_estimator(schema)
            before = set(list_attributes(node))
            edit(node, list_attributes(node))
            types = node["content"]["key_types"]["content"]
            count = len(types) + len(set(list_attributes(node))) - len(before)
            types[:] = [types[0]] * count

        edit_schema(folder, change)
        drop_unnamed_arrays(folder)

    return spoil


def drop_unnamed_arrays(folder):
    path = folder / PIPELINE
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    schema = json.loads(entries["schema.json"])
    named = {node["file"] for node in walk_nodes(schema) if "file" in node}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in entries.items():
            if name in {"schema.json", *named}:
                new.writestr(name, content)
    rewrite_manifest(folder)


def set_attribute(name, value):
    """Gives an attribute another plain value."""
    return edit_estimator(lambda _, attributes: attributes.update({name: plain(value)}))


def plain(value):
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


def drop(name):
    return edit_estimator(lambda _, attributes: attributes.pop(name))


def set_class(module, name, loader="ObjectNode"):
    def edit(node, _):
        node.update({"__module__": module, "__class__": name, "__loader__": loader})

    return edit_estimator(edit)


def set_recipe(**changes):
    def spoil(folder):
        recipe = json.loads((folder / MANIFEST).read_text())["recipe"]
        rewrite_manifest(folder, recipe=recipe | changes)

    return spoil


def set_fields(edit):
    """Spoils the nodes of the first tree that has a split."""
    return lambda folder: edit_array(folder, edit, fields=True)


def set_values(edit):
    """Spoils the values of the first tree."""
    return lambda folder: edit_array(folder, edit, fields=False)


def put(name, value, place=0):
    def edit(nodes):
        nodes[name][place] = value

    return set_fields(edit)


def share_children(nodes):
    nodes["right_child"][0] = nodes["left_child"][0]


def lift_value(values):
    values[-1] = 1 - values[-1] if values.shape[2] == len((0, 1)) else values[-1] + 1


# ---- the type and the attributes of the estimator, of every family

EVERY = tuple(ESTIMATORS)
forge("class of a module of its own", EVERY, set_class("canary_module", "Scorecard"))
forge("class os.system", EVERY, set_class("os", "system"))
forge("class subprocess.Popen", EVERY, set_class("subprocess", "Popen"))
forge("builtin eval", EVERY, set_class("builtins", "eval", "FunctionNode"))
forge(
    "class that skops trusts",
    EVERY,
    set_class("sklearn.linear_model._logistic", "LogisticRegression"),
)
forge(
    "class of another family",
    EVERY,
    set_class("sklearn.ensemble._forest", "RandomForestClassifier"),
)
forge("regressor", EVERY, set_class("sklearn.ensemble._forest", "ExtraTreesRegressor"))
forge(
    "real booster",
    EVERY,
    set_class(
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
        "HistGradientBoostingClassifier",
    ),
)
forge(
    "table of nodes of the real booster",
    EVERY,
    set_class("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
)
forge(
    "loader of a reduced object",
    EVERY,
    set_class("credit_default.bundled", "Scorecard", "ConstructorFromReduceNode"),
)
forge(
    "loader that calls methods",
    EVERY,
    set_class("credit_default.bundled", "Scorecard", "MethodNode"),
)
forge(
    "loader that calls operators", EVERY, set_class("operator", "methodcaller", "OperatorFuncNode")
)
forge(
    "way out in the class name",
    EVERY,
    set_class("credit_default.bundled", "Scorecard.__init__.__globals__"),
)
forge("class that is a list", EVERY, set_class("credit_default.bundled", ["Scorecard"]))
forge("module that is a number", EVERY, set_class(7, "Scorecard"))
forge("method of its own", EVERY, set_attribute("predict_proba", 1))
forge("other method of its own", EVERY, set_attribute("decision_function", "x"))
forge("attribute that nobody knows", EVERY, set_attribute("__note", "x"))
forge("dictionary of a class", EVERY, set_attribute("__dict__", {}))
forge("no classes", EVERY, drop("classes_"))
forge("no feature count", EVERY, drop("n_features_in_"))
forge("classes that are a text", EVERY, set_attribute("classes_", "01"))
forge("classes 1 and 0", EVERY, set_attribute("classes_", [1, 0]))
forge("three classes", EVERY, set_attribute("classes_", [0, 1, 2]))
forge("feature count too small", EVERY, set_attribute("n_features_in_", 1))
forge("feature count below 0", EVERY, set_attribute("n_features_in_", -1))
forge("feature count of a billion", EVERY, set_attribute("n_features_in_", 10**9))
forge("feature count that is a text", EVERY, set_attribute("n_features_in_", "20"))
forge("recipe of no family", EVERY, set_recipe(family="__import__"))
forge("recipe of a family that is a list", EVERY, set_recipe(family=["forest"]))
forge("recipe of the forest", EVERY, set_recipe(family="forest"))
forge("recipe of another seed", EVERY, set_recipe(seed=9))
forge(
    "object that holds itself",
    EVERY,
    edit_estimator(
        lambda node, attributes: attributes.update(
            {"classes_": {**node, "content": None, "__id__": node["__id__"]}}
        )
    ),
)

# ---- trees

forge("child far outside", TREES, put("left_child", 10**9))
forge("right child far outside", TREES, put("right_child", 2**62))
forge("child far before", TREES, put("left_child", -(2**40)))
forge("child -2", TREES, put("right_child", -2))
forge("own parent", TREES, put("left_child", 0))
forge("cycle", TREES, put("right_child", 0, -1))
forge("one child", TREES, put("right_child", -1))
forge("two parents", TREES, set_fields(share_children))
forge("feature of a billion", TREES, put("feature", 10**9))
forge("feature below 0", TREES, put("feature", -3))
forge("threshold NaN", TREES, put("threshold", math.nan))
forge("threshold of minus infinity", TREES, put("threshold", -math.inf))
forge("unknown direction", TREES, put("missing_go_to_left", 77))
forge("fewer nodes than it says", TREES, set_fields(lambda nodes: nodes[:1].copy()))
forge("no nodes", TREES, set_fields(lambda nodes: nodes[:0].copy()))
forge("nodes in two dimensions", TREES, set_fields(lambda nodes: nodes.reshape(-1, 1).copy()))
forge("nodes of another type", TREES, set_fields(lambda nodes: nodes["left_child"].copy()))
forge("value NaN", TREES, set_values(lambda values: np.full_like(values, math.nan)))
forge("value of infinity", TREES, set_values(lambda values: np.full_like(values, math.inf)))
forge("value of 1e300", TREES, set_values(lambda values: np.full_like(values, 1e300)))
forge("values of 32 bits", TREES, set_values(lambda values: values.astype(np.float32)))
forge("values of three classes", TREES, set_values(lambda values: np.zeros((len(values), 1, 3))))
forge("too few values", TREES, set_values(lambda values: values[:1].copy()))
forge("another value", TREES, set_values(lift_value))
forge("recipe of a billion trees", TREES, set_recipe(tree_count=10**9))

# ---- what is ours: plain numbers, tables of numbers

forge("baseline NaN", OURS, set_attribute("baseline_", math.nan))
forge("baseline of infinity", OURS, set_attribute("baseline_", math.inf))
forge("baseline of 1e300", OURS, set_attribute("baseline_", 1e300))
forge("baseline that is a text", OURS, set_attribute("baseline_", "0"))
forge("baseline that is a list", OURS, set_attribute("baseline_", [0.0]))
forge("another baseline", OURS, set_attribute("baseline_", -0.5))
forge("no baseline", OURS, drop("baseline_"))
for missing in ("edges_", "points_", "spread_", "bin_count"):
    forge(f"no {missing}", ("scorecard",), drop(missing))
for table in ("edges_", "points_"):
    forge(f"{table} that are a number", ("scorecard",), set_attribute(table, 5))
    forge(f"{table} that are none", ("scorecard",), set_attribute(table, []))
    forge(f"{table} of texts", ("scorecard",), set_attribute(table, ["a"] * 20))
forge("more bins than in the recipe", ("scorecard",), set_attribute("bin_count", 200))
forge("recipe of one bin", ("scorecard",), set_recipe(bin_count=1))
forge("recipe of fewer bins", ("scorecard",), set_recipe(bin_count=2))
forge("recipe that is monotone", ("scorecard",), set_recipe(monotone=True))
forge("trees that are none", ("boosting",), set_attribute("trees_", []))
forge("trees that are a number", ("boosting",), set_attribute("trees_", 5))
forge("trees that are texts", ("boosting",), set_attribute("trees_", ["a"] * 5))
forge("constraints of five", ("boosting",), set_attribute("constraints", [5] * 20))
forge("constraints that the recipe denies", ("boosting",), set_attribute("constraints", [0] * 20))
forge("recipe of deep trees", ("boosting",), set_recipe(maximum_depth=60))
forge("recipe of no depth", ("boosting",), set_recipe(maximum_depth=None))
forge("another learning rate", ("boosting",), set_attribute("learning_rate", 0.5))
forge("recipe of fewer leaves", ("boosting",), set_recipe(leaf_count=2))


def edit_list(name, edit):
    """Spoils the first array of a list of the scorecard that has something in it."""

    def spoil(folder):
        found = []

        def note(schema):
            items = list_attributes(find_estimator(schema))[name]
            found.extend(
                item["file"] for item in (items["content"] if name != "spread_" else [items])
            )

        edit_schema(folder, note)
        edit_entry(folder, set(found), edit)

    return spoil


def edit_entry(folder, names, edit):
    done = []

    def change(name, content):
        if done or name not in names:
            return content
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if len(array) <= 1:
            return content
        done.append(name)
        buffer = io.BytesIO()
        np.save(buffer, edit(array))
        return buffer.getvalue()

    rewrite_zip(folder, change)
    assert done


def with_first(value):
    def edit(array):
        array[0] = value
        return array

    return edit


for table in ("edges_", "points_", "spread_"):
    forge(f"{table} with NaN", ("scorecard",), edit_list(table, with_first(math.nan)))
    forge(f"{table} with infinity", ("scorecard",), edit_list(table, with_first(math.inf)))
    forge(
        f"{table} of 32 bits",
        ("scorecard",),
        edit_list(table, lambda array: array.astype(np.float32)),
    )
    forge(f"{table} in two dimensions", ("scorecard",), edit_list(table, lambda array: array[None]))
    forge(f"{table} of complex numbers", ("scorecard",), edit_list(table, lambda array: array + 1j))
    forge(f"{table} one too few", ("scorecard",), edit_list(table, lambda array: array[:-1]))
    forge(
        f"{table} of pickles", ("scorecard",), edit_list(table, lambda array: array.astype(object))
    )
forge("edges that fall", ("scorecard",), edit_list("edges_", lambda array: array[::-1].copy()))
forge("edges that stand still", ("scorecard",), edit_list("edges_", np.zeros_like))
forge("points of 1e300", ("scorecard",), edit_list("points_", with_first(1e300)))
forge("other points", ("scorecard",), edit_list("points_", with_first(0.125)))
forge("other edges", ("scorecard",), edit_list("edges_", lambda array: array - 0.5))
forge("spread below 0", ("scorecard",), edit_list("spread_", with_first(-1.0)))

if __name__ == "__main__":
    main()
