"""Forged bundles of an estimator of a package: `python hostile_own.py FOLDER`, which holds a good one, the package and the keys.

Each forgery spoils a copy, makes its manifest agree, and signs it with the lender's own key, as somebody who has stolen it would;
those of the second list are without that key. Whatever runs when it must not leaves `ran` behind.
"""

import io
import json
import pickle
import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
from forging import (
    MANIFEST,
    PIPELINE,
    SCHEMA,
    Payload,
    agree,
    find,
    put_attribute,
    report_reading,
    rewrite,
    save,
    set_recipe,
    take_attribute,
    walk,
    write_text,
)

ROOT = Path(sys.argv[1])
RAN = ROOT / "ran"
sys.path[:0] = [str(ROOT), str(ROOT / "packages")]
SIGNATURE = "signature.json"
FAMILY = json.loads((ROOT / "good" / MANIFEST).read_text())["recipe"]["family"]
LOGIT = {"__class__": "LogisticRegression"}
CAP = {"__class__": "Cap"}
OWN = {"__class__": "OwnEstimator"}


def edit_schema(edit):
    """As `forging.edit_schema`; files that the schema names no more are left out."""

    def change(entries):
        schema = json.loads(entries[SCHEMA])
        edit(schema)
        named = {SCHEMA, *(node["file"] for node in walk(schema) if "file" in node)}
        for name in set(entries) - named:
            del entries[name]
        entries[SCHEMA] = json.dumps(schema).encode()

    return lambda folder: rewrite(folder, change)


def rename(old, **fields):
    return edit_schema(lambda schema: find(schema, **old).update(fields))


def set_node(kind, name, node):
    """The attribute of the object of this class is what the node says."""
    return edit_schema(lambda schema: put_attribute(schema, kind, name, node))


def set_attribute(kind, name, content):
    return set_node(kind, name, write_text(content))


def drop_attribute(kind, name):
    return edit_schema(lambda schema: take_attribute(schema, kind, name))


def edit_array(kind, name, edit):
    """The array of that attribute, as `edit` returns it: another array, or bytes."""

    def change(entries):
        file = find(json.loads(entries[SCHEMA]), **kind)["content"]["content"][name]["file"]
        entries[file] = save(edit(np.load(io.BytesIO(entries[file]))))

    return lambda folder: rewrite(folder, change)


def claim(shape):
    def make(array):
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            buffer, {"descr": "<f8", "fortran_order": False, "shape": shape}
        )
        return buffer.getvalue() + b"\0" * 64

    return make


def nest(depth):
    """A list of lists in the place of a fitted array."""
    node = write_text("1")
    for _ in range(depth):
        node = {
            "__class__": "list",
            "__module__": "builtins",
            "__loader__": "ListNode",
            "content": [node],
        }
    return node


def build_object(module, kind, loader="ObjectNode", **fields):
    table = {
        "__class__": "dict",
        "__module__": "builtins",
        "__loader__": "DictNode",
        "content": {},
        "key_types": {
            "__class__": "list",
            "__module__": "builtins",
            "__loader__": "ListNode",
            "content": [],
        },
    }
    return {
        "__class__": kind,
        "__module__": module,
        "__loader__": loader,
        "content": table,
    } | fields


def replace_file(name, content):
    return lambda folder: (folder / name).write_bytes(content)


REDUCED = {"reduce": {"content": [], "module": "os", "class": "system"}}
SYSTEM = {"module_path": "os", "function": "system"}
SIGNED = {
    "function os.system": set_node(
        CAP, "low_", build_object("os", "system", "FunctionNode", content=SYSTEM)
    ),
    "function of the package": set_node(
        CAP, "low_", build_object("acme_credit.estimators", "build", "FunctionNode", content=SYSTEM)
    ),
    "method of an object": set_node(
        CAP, "low_", build_object("acme_credit.estimators", "Cap", "MethodNode")
    ),
    "part of a function": set_node(
        CAP, "low_", build_object("functools", "partial", "PartialNode")
    ),
    "operator that calls": set_node(
        CAP, "low_", build_object("operator", "methodcaller", "OperatorFuncNode")
    ),
    "object that is reduced to os.system": set_node(
        CAP, "low_", build_object("os", "system", "ReduceNode", **REDUCED)
    ),
    "object that is reduced by its constructor": set_node(
        CAP, "low_", build_object("os", "system", "ConstructorFromReduceNode", **REDUCED)
    ),
    "loss with a reduced state": rename(
        LOGIT,
        __module__="sklearn._loss._loss",
        __class__="CyHalfBinomialLoss",
        __loader__="LossNode",
    ),
    "loader that nobody knows": rename(CAP, __loader__="EvilNode"),
    "loader that is a list": rename(CAP, __loader__=["ObjectNode"]),
    "class of a module of its own": rename(CAP, __module__="canary_module"),
    "class of a module of its own below the package": rename(
        CAP, __module__="acme_credit.canary_module"
    ),
    "class of a neighbour of the package": rename(CAP, __module__="acme_credit_evil"),
    "name that the package imports: os": rename(CAP, __class__="os"),
    "name that the package imports: subprocess": rename(CAP, __class__="subprocess"),
    "class that the package imports from scikit-learn": rename(CAP, __class__="LogisticRegression"),
    "name of the package that is no class": rename(CAP, __class__="ESTIMATORS"),
    "function of the package as a class": rename(CAP, __class__="build"),
    "class name with a way out in it": rename(CAP, __class__="Cap.__init__.__globals__"),
    "class of Popen": rename(CAP, __module__="subprocess", __class__="Popen"),
    "class of scikit-learn's booster": rename(
        LOGIT,
        __module__="sklearn.ensemble._hist_gradient_boosting.binning",
        __class__="_BinMapper",
    ),
    "class of scikit-learn that is no estimator": rename(
        LOGIT, __module__="sklearn.utils._testing", __class__="MockDataFrame"
    ),
    "another estimator of scikit-learn": rename(
        LOGIT, __module__="sklearn.linear_model._ridge", __class__="RidgeClassifier"
    ),
    "trust list of its own": rename(CAP, __module__="canary_module", trusted=["canary_module.Cap"]),
    "step in the place of the pipeline": edit_schema(
        lambda schema: find(schema, **OWN)["content"]["content"].update(
            estimator_=find(schema, **LOGIT)
        )
    ),
    "pipeline that is empty": set_node(
        OWN, "estimator_", build_object("sklearn.pipeline", "Pipeline")
    ),
    "estimator that is a text": set_attribute(OWN, "estimator_", '"os.system"'),
    "estimator that is nothing": set_attribute(OWN, "estimator_", "null"),
    "estimator that is gone": drop_attribute(OWN, "estimator_"),
    "method in the place of scoring": set_attribute(OWN, "predict_proba", "null"),
    "method in the place of a step's": set_attribute(CAP, "transform", "null"),
    "attribute that nobody knows": set_attribute(OWN, "evil", "1"),
    "another parameter of a step": set_attribute(CAP, "share", "0.49"),
    "another attribute of a step": set_attribute(CAP, "evil", "1"),
    "features that are negative": set_attribute(OWN, "n_features_in_", "-1"),
    "one feature more": set_attribute(LOGIT, "n_features_in_", "1000"),
    "classes the other way round": set_attribute(OWN, "classes_", "[1, 0]"),
    "classes of three": set_attribute(LOGIT, "classes_", "[0, 1, 2]"),
    "lists three hundred deep": set_node(CAP, "low_", nest(300)),
    "lists thirty deep": set_node(CAP, "low_", nest(30)),
    "text that nests a hundred thousand deep": set_attribute(CAP, "low_", "[" * 100_000),
    "weights that are no numbers": edit_array(LOGIT, "coef_", lambda a: np.full_like(a, np.nan)),
    "weights without end": edit_array(LOGIT, "coef_", lambda a: np.full_like(a, np.inf)),
    "other weights": edit_array(LOGIT, "coef_", lambda a: a + 0.5),
    "one weight less": edit_array(LOGIT, "coef_", lambda a: a[:, :-1]),
    "weights of three classes": edit_array(LOGIT, "coef_", lambda a: np.repeat(a, 3, axis=0)),
    "weights of texts": edit_array(LOGIT, "coef_", lambda a: a.astype(str)),
    "weights that are complex": edit_array(LOGIT, "coef_", lambda a: a.astype(complex)),
    "weights that claim a terabyte": edit_array(LOGIT, "coef_", claim((10**6, 10**5))),
    "weights that claim more than there is": edit_array(LOGIT, "coef_", claim((2**40, 2**40))),
    "weights that are a pickle": edit_array(
        LOGIT, "coef_", lambda _: np.array([Payload(RAN)], dtype=object)
    ),
    "weights that are a bare pickle": edit_array(
        LOGIT, "coef_", lambda _: pickle.dumps(Payload(RAN))
    ),
    "weights that are nothing": edit_array(LOGIT, "coef_", lambda _: b""),
    "caps that are no numbers": edit_array(CAP, "mean_", lambda a: np.full_like(a, np.nan)),
    "importance that is no number": edit_array(
        OWN, "importance_", lambda a: np.full_like(a, np.nan)
    ),
    "importance of other features": edit_array(OWN, "importance_", lambda a: a[:-1]),
    "recipe of the forest": set_recipe(family="forest"),
    "recipe of another entry": set_recipe(family="acme-credit:forest"),
    "recipe of an entry that is not there": set_recipe(family="acme-credit:none"),
    "recipe of a package that is not trusted": set_recipe(family="evil-package:logit"),
    "recipe of a family that is a list": set_recipe(family=["acme-credit:logit"]),
    "recipe of other parameters": set_recipe(parameters={"strength": 9.0}),
    "recipe of parameters that nobody takes": set_recipe(parameters={"evil": 1}),
    "recipe without a source": set_recipe(source=None),
    "recipe whose source is of another version": set_recipe(
        source={"package": "acme-credit", "version": "2.0", "digest": "0" * 64}
    ),
    "recipe whose source is another package": set_recipe(
        source={"package": "numpy", "version": "2.0", "digest": "0" * 64}
    ),
    "recipe of another seed": set_recipe(seed=99),
    "pipeline that is a pickle": replace_file(PIPELINE, pickle.dumps(Payload(RAN))),
    "rows trained on that are a pickle": replace_file(
        "trained_rows.npy", pickle.dumps(Payload(RAN))
    ),
}
UNSIGNED = {
    "no signature": lambda folder: (folder / SIGNATURE).unlink(),
    "signature of other content": lambda folder: None,
    "signature that is a pickle": replace_file(SIGNATURE, pickle.dumps(Payload(RAN))),
    "class of a module of its own, not signed": SIGNED["class of a module of its own"],
    "weights that are a pickle, not signed": SIGNED["weights that are a pickle"],
    "other weights, not signed": SIGNED["other weights"],
}


def read(folder, digest, trust):
    from credit_default.adapters.bundles.bundle_files import read_bundle
    from credit_default.errors import ArtifactError, SetupError

    return report_reading(
        partial(read_bundle, folder, expected_digest=digest, trust=trust),
        (ArtifactError, SetupError),
    )


def main():
    from credit_default.adapters.bundles.bundle_signature import sign_manifest
    from credit_default.adapters.bundles.trust import Trust

    (ROOT / "canary_module.py").write_text(f"import os\nos.mkdir({str(RAN)!r})\n")
    public = json.loads((ROOT / "good" / SIGNATURE).read_text())["key"]
    trust = Trust(packages=("acme-credit",), keys=(public,))
    digest = json.loads((ROOT / "good" / MANIFEST).read_text())["digest"]
    sound = {"name": "sound", **read(ROOT / "good", digest, trust), "ran": RAN.exists()}
    sys.stdout.write(json.dumps(sound) + "\n")
    for name, spoil in (SIGNED | UNSIGNED).items():
        folder = shutil.copytree(ROOT / "good", ROOT / "forged")
        spoil(folder)
        agree(folder)
        if name in SIGNED:
            signed = sign_manifest((folder / MANIFEST).read_bytes(), key=ROOT / "key.pem")
            (folder / SIGNATURE).write_bytes(signed)
        report = {"name": name, **read(folder, digest, trust), "ran": RAN.exists()}
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
        shutil.rmtree(folder)


main()
