"""Read a stored forest without scikit-learn and skops: the same file under the same checks, in a fraction of the time.

What is read here is what `train` writes of a forest, node for node, and nothing else. Anything that is not, is left to
`skops_pipeline`, which says what is wrong with it or loads it: this reader refuses nothing by itself, and accepts nothing
that the other would refuse.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from credit_default.adapters.bundles.artifact_check import check_pipeline
from credit_default.adapters.bundles.skops_pipeline import Restoration
from credit_default.adapters.bundles.stored_schema import (
    ALLOWED,
    BUILD_FEATURES,
    CALIBRATED,
    DAMAGED_FILE_ERRORS,
    USUAL_LIMITS,
    PipelineLimits,
    build_artifact_error,
    check_schema,
    read_schema,
)
from credit_default.adapters.bundles.tree_check import check_tree_state
from credit_default.errors import ArtifactError, needs_setup
from credit_default.model.estimator.calibrated_forest import CalibratedForest, unwrap_forest
from credit_default.model.estimator.recipe_pipeline import FOREST_STEP
from credit_default.model.families.find_family import find_family
from credit_default.model.families.forests import ForestFamily
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.stored.stored_forest import (
    STORED_CLASSES,
    StoredTree,
)
from credit_default.model.families.stored.stored_pipeline import StoredPipeline, StoredTransformer
from credit_default.model.features.build_features import build_features

State = Mapping[str, Any]
_NAMES: Final = {"__class__", "__module__", "__loader__"}
_OPTIONAL: Final = {"__id__"}
_OF_ROOT: Final = {"protocol", "_skops_version"}
_VERSION: Final = "_sklearn_version"


def read_stored_pipeline(
    content: bytes, *, recipe: Recipe, limits: PipelineLimits = USUAL_LIMITS
) -> StoredPipeline | None:
    """Return a stored forest's pipeline; None for anything that is not exactly that.

    Args:
        content: The bytes of a file that `write_pipeline` wrote.
        recipe: What the bundle says that the estimator was fitted by.
        limits: How much the file may unpack to.
    """
    family = find_family(recipe)
    if not isinstance(family, ForestFamily):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            schema = read_schema(file, limits)
            check_schema(schema, names=file.namelist(), allowed=ALLOWED | family.stored_types)
            pipeline: StoredPipeline = _Builder(file, Restoration(content, recipe)).build_root(
                schema
            )
        check_pipeline(pipeline, recipe=recipe)
    except ArtifactError as error:
        if needs_setup(error):
            raise
        return None
    except DAMAGED_FILE_ERRORS:
        return None
    family.set_job_count(unwrap_forest(pipeline.named_steps[FOREST_STEP]), 1)
    return pipeline


class _Builder:
    """Builds the objects of one file; the same node met again is the same object again."""

    def __init__(self, file: zipfile.ZipFile, restoration: Restoration) -> None:
        self._file = file
        self._restoration = restoration
        self._built: dict[int, tuple[State, Any]] = {}
        self._by_loader: dict[str, Callable[[State], Any]] = {
            "JsonNode": self._build_scalar,
            "DictNode": self._build_dict,
            "ListNode": self._build_list,
            "TupleNode": self._build_tuple,
            "NdArrayNode": self._build_array,
            "FunctionNode": self._build_function,
            "ObjectNode": self._build_object,
            "TreeNode": self._build_tree,
        }

    def build_root(self, schema: State) -> Any:
        _require(set(schema) >= _OF_ROOT, "a schema without a version")
        return self._build({key: schema[key] for key in schema if key not in _OF_ROOT})

    def _build(self, state: State) -> Any:
        known = self._built.get(state.get("__id__", 0))
        if known is not None:
            # A number that stands for two contents: which one is meant depends on the reader.
            _require(_is_alike(known[0], state), "a node that comes twice with other content")
            return known[1]
        value = self._by_loader[state["__loader__"]](state)
        if "__id__" in state:
            _require(type(state["__id__"]) is int and state["__id__"] > 0, "a node's odd number")
            _require(state["__id__"] not in self._built, "a node that holds itself")
            self._built[state["__id__"]] = (state, value)
        return value

    def _build_scalar(self, state: State) -> Any:
        _check_node(state, "builtins.str", {"content", "is_json"})
        value = json.loads(state["content"])
        _require(value is None or type(value) in (bool, int, float, str), "an odd value")
        return value

    def _build_dict(self, state: State) -> dict[str, Any]:
        _check_node(state, "builtins.dict", {"content", "key_types"})
        content, types = state["content"], state["key_types"]
        _check_node(types, "builtins.list", {"content"})
        _require(len(types["content"]) == len(content), "keys without a type")
        for of_key in types["content"]:
            _require(of_key["__loader__"] == "TypeNode", "an odd type of a key")
            _check_node(of_key, "builtins.str", set())
        return {str(key): self._build(value) for key, value in content.items()}

    def _build_list(self, state: State) -> list[Any]:
        _check_node(state, "builtins.list", {"content"})
        return [self._build(item) for item in state["content"]]

    def _build_tuple(self, state: State) -> tuple[Any, ...]:
        _check_node(state, "builtins.tuple", {"content"})
        return tuple(self._build(item) for item in state["content"])

    def _build_array(self, state: State) -> Any:
        kind = _name(state)
        if state["type"] == "json":
            return self._build_names(state)
        _check_node(state, kind, {"type", "file"})
        _require(state["type"] == "numpy", "an odd array")
        with self._file.open(state["file"]) as stream:
            array = np.load(io.BytesIO(stream.read()), allow_pickle=False)
        _require(isinstance(array, np.ndarray), "another file than one array")
        if kind == "numpy.ndarray":
            return array
        _require(kind == "numpy.int64" and array.shape == (), "an odd number")
        return np.int64(array)

    def _build_names(self, state: State) -> Any:
        """Return an array of texts, which is how scikit-learn keeps the names of columns."""
        _check_node(state, "numpy.ndarray", {"type", "content", "shape"})
        names = [self._build(item) for item in state["content"]]
        _require(all(type(name) is str for name in names), "an array of other objects")
        _require(self._build(state["shape"]) == (len(names),), "names in another form")
        return np.array(names, dtype=object)

    def _build_function(self, state: State) -> Any:
        _check_node(state, BUILD_FEATURES, set())
        return build_features

    def _build_object(self, state: State) -> Any:
        name = _name(state)
        _check_node(state, name, {"content"})
        _require(state["content"]["__loader__"] == "DictNode", "odd attributes")
        attributes = self._build(state["content"])
        if name == CALIBRATED:
            return _build_calibrated(attributes)
        _require(type(attributes.pop(_VERSION, None)) is str, "an object of no version")
        return self._build_estimator(name, attributes)

    def _build_estimator(self, name: str, attributes: dict[str, Any]) -> Any:
        module, _, class_name = name.rpartition(".")
        if name == "sklearn.pipeline.Pipeline":
            return StoredPipeline(attributes, self._restoration.find_pipeline)
        if class_name == "FunctionTransformer":
            return StoredTransformer(attributes)
        for forest_name, (forest_class, tree_class) in STORED_CLASSES.items():
            if class_name == forest_name:
                return forest_class(attributes, self._restoration.find_forest)
            if module == "sklearn.tree._classes" and class_name == tree_class.class_name:
                return tree_class(attributes)
        raise build_artifact_error(name)

    def _build_tree(self, state: State) -> StoredTree:
        _check_node(state, "sklearn.tree._tree.Tree", {"content", "__reduce__"})
        _require(set(state["__reduce__"]) == {"args"}, "an odd tree")
        arguments, content = self._build(state["__reduce__"]["args"]), self._build(state["content"])
        check_tree_state(arguments, content)
        feature_count, class_counts, _ = arguments
        return StoredTree(
            feature_count,
            int(class_counts.item()),
            content["max_depth"],
            content["nodes"],
            content["values"],
        )


def _is_alike(one: Any, other: Any) -> bool:
    """Return whether two states are equal but for the numbers of their nodes: skops numbers a passing object anew each time."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = set(one) - _OPTIONAL
        return names == set(other) - _OPTIONAL and all(
            _is_alike(one[name], other[name]) for name in names
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_alike, one, other))
    return type(one) is type(other) and bool(one == other)


def _build_calibrated(attributes: dict[str, Any]) -> CalibratedForest:
    calibrated = CalibratedForest.__new__(CalibratedForest)
    vars(calibrated).update(attributes)
    return calibrated


def _name(state: State) -> str:
    return f"{state['__module__']}.{state['__class__']}"


def _check_node(state: State, name: str, keys: set[str]) -> None:
    """Check that the node is of this type and says of itself what skops writes of that type, and no more."""
    _require(_name(state) == name, "a node of another type")
    _require(set(state) - _OPTIONAL == _NAMES | keys, "a node with other entries")


def _require(good: bool, found: str) -> None:  # noqa: FBT001 - reads as a sentence where it is called
    if not good:
        raise build_artifact_error(found)
