"""Write a fitted pipeline with skops, and read one back without trusting the file. No other module uses skops.

skops' own list of types that may be loaded is long, and a list that travels with the artifact is the artifact's own claim.
So the file is refused unless everything in it is on the short list below, before skops sees it. Then each tree's state is
checked before a tree is built from it: this is why skops' internals are used here, since its `load` builds the trees first.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.bundles.artifact_check import check_pipeline
from credit_default.adapters.bundles.loadable_classes import check_own_classes, list_own_types
from credit_default.adapters.bundles.tree_check import check_tree_state
from credit_default.errors import ArtifactError
from credit_default.model.estimator.calibrated_forest import unwrap_forest
from credit_default.model.estimator.recipe_pipeline import FOREST_STEP
from credit_default.model.families.family import Family
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import Recipe

_STABLE_MODULE: Final = "credit_default.bundled"
_BUILD_FEATURES: Final = f"{_STABLE_MODULE}.build_features"
# Types of families that skops does not trust by itself start like this.
_UNKNOWN_TO_SKOPS: Final = (_STABLE_MODULE, "sklearn.tree._tree.")
_CALIBRATED: Final = f"{_STABLE_MODULE}.CalibratedForest"
# Loader, module and name of the two objects in bundles that were written before `bundled` existed. Never add to this list.
_FORMER_NAMES: Final = frozenset(
    {
        ("FunctionNode", "credit_default.model.features", "build_features"),
        ("ObjectNode", "credit_default.model.calibrated_forest", "CalibratedForest"),
    }
)
# What every pipeline is made of; an estimator's own types are those of its family.
_ALLOWED: Final = frozenset(
    {
        ("ObjectNode", "sklearn.pipeline.Pipeline"),
        ("ObjectNode", "sklearn.preprocessing._function_transformer.FunctionTransformer"),
        ("ObjectNode", _CALIBRATED),
        ("FunctionNode", _BUILD_FEATURES),
        ("NdArrayNode", "numpy.ndarray"),
        ("NdArrayNode", "numpy.int64"),
        ("DictNode", "builtins.dict"),
        ("ListNode", "builtins.list"),
        ("TupleNode", "builtins.tuple"),
        ("JsonNode", "builtins.str"),
        ("TypeNode", "builtins.str"),
    }
)
_PROTOCOL: Final = 2
_SCHEMA: Final = "schema.json"
# What skops, zipfile, numpy and json raise on a file that is damaged or not theirs.
_DAMAGED_FILE_ERRORS: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    NotImplementedError,
    EOFError,
    OSError,
    RuntimeError,
    MemoryError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class PipelineLimits:
    """How much a pipeline file may unpack to before it is refused; a hundred trees take 3 MB in 500 entries."""

    entry_count: int = 60_000
    byte_count: int = 1_000_000_000


def write_pipeline(pipeline: Any, path: Path) -> None:
    """Write the pipeline in skops' format, compressed to about a tenth."""
    import skops.io

    skops.io.dump(pipeline, path, compression=zipfile.ZIP_DEFLATED, compresslevel=3)


def list_trusted_types(family: Family) -> list[str]:
    """Return the types that `skops.io.load` or MLflow must trust, beyond skops' defaults, to open a pipeline of the family."""
    own = {name for _, name in family.stored_types if name.startswith(_UNKNOWN_TO_SKOPS)}
    return [_BUILD_FEATURES, _CALIBRATED, *sorted(own)]


def read_pipeline(path: Path, *, recipe: Recipe, limits: PipelineLimits = PipelineLimits()) -> Any:
    """Return the fitted pipeline, after checking that every type in the file is on our list and every tree is sound.

    It predicts on one core.

    Args:
        path: A file that `write_pipeline` wrote.
        recipe: What the bundle says that the estimator was fitted by; its family says what the file may hold.
        limits: How much the file may unpack to.

    Raises:
        ArtifactError: The file holds something else; the message names the first such entry.
    """
    family = find_family(recipe)
    try:
        with zipfile.ZipFile(path) as file:
            _check_size(file, limits)
            pipeline = _build_pipeline(file, json.loads(file.read(_SCHEMA)), recipe=recipe)
    except _DAMAGED_FILE_ERRORS as error:
        raise _build_artifact_error(f"{type(error).__name__}: {str(error)[:200]}") from error
    try:
        check_pipeline(pipeline, recipe=recipe)
    except _DAMAGED_FILE_ERRORS as error:
        raise _build_artifact_error(f"{type(error).__name__}: {str(error)[:200]}") from error
    family.set_job_count(unwrap_forest(pipeline.named_steps[FOREST_STEP]), 1)
    return pipeline


def _check_size(file: zipfile.ZipFile, limits: PipelineLimits) -> None:
    entries = file.infolist()
    byte_count = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entry_count or byte_count > limits.byte_count:
        raise _build_artifact_error(
            f"{len(entries)} entries of {byte_count} bytes in all, more than {limits}"
        )


def _build_pipeline(file: zipfile.ZipFile, schema: Any, *, recipe: Recipe) -> Any:
    import warnings

    from sklearn.exceptions import InconsistentVersionWarning
    from skops.io._audit import get_tree
    from skops.io._utils import LoadContext

    if not isinstance(schema, dict) or schema.get("protocol") != _PROTOCOL:
        raise _build_artifact_error("another version of the skops format")
    _replace_former_names(schema)
    family, own_types = find_family(recipe), list_own_types(_iterate_nodes(schema), recipe=recipe)
    _check_allowed_types(schema, _ALLOWED | family.stored_types | own_types)
    _check_archive_entries(file.namelist(), schema)
    trusted = [*list_trusted_types(family), *sorted(name for _, name in own_types)]
    root = get_tree(schema, LoadContext(src=file, protocol=_PROTOCOL), trusted=trusted)
    check_own_classes(_iterate_built(root))
    for node in _find_trees(root):
        # A node builds its value once and keeps it, so the tree is made of the same values that are checked here.
        check_tree_state(node.args.construct(), node.attrs.construct())
    with warnings.catch_warnings():
        # The file may come from another patch release of the minor version that `read_bundle` asks for.
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        return root.construct()


def _replace_former_names(schema: dict[str, Any]) -> None:
    """Give `build_features` and `CalibratedForest` their stable module in the schema of an older bundle.

    The schema was just read from the file, so it may be changed in place. The list of allowed types holds the stable names only.
    """
    for item in _iterate_nodes(schema):
        name = (item.get("__loader__"), item.get("__module__"), item.get("__class__"))
        if all(isinstance(part, str) for part in name) and name in _FORMER_NAMES:
            item["__module__"] = _STABLE_MODULE


def _check_archive_entries(names: list[str], schema: dict[str, Any]) -> None:
    """Check that the archive holds the schema and the arrays that it names, each once, and nothing else."""
    arrays = {item["file"] for item in _iterate_nodes(schema) if "file" in item}
    if sorted(names) != sorted({_SCHEMA, *arrays}):
        raise _build_artifact_error(
            "entries that the schema does not name, or names that are no entries"
        )


def _check_allowed_types(schema: Any, allowed: AbstractSet[tuple[str, str]]) -> None:
    for item in _iterate_nodes(schema):
        if "__loader__" in item or "__class__" in item or "__module__" in item:
            _check_allowed_type(item, allowed)


def _iterate_nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every table in the schema, however deep."""
    waiting = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
            yield item


def _check_allowed_type(item: dict[str, Any], allowed: AbstractSet[tuple[str, str]]) -> None:
    loader, name = item.get("__loader__"), f"{item.get('__module__')}.{item.get('__class__')}"
    if (loader, name) not in allowed:
        raise _build_artifact_error(
            f"{name[:200]} ({str(loader)[:50]}), which is not on the list of allowed types"
        )


def _find_trees(root: Any) -> Iterator[Any]:
    """Yield every tree's node below the root node, each once."""
    from skops.io._sklearn import TreeNode

    return (node for node in _iterate_built(root) if isinstance(node, TreeNode))


def _iterate_built(root: Any) -> Iterator[Any]:
    """Yield every node that skops has read, each once; no value of it is made yet."""
    from skops.io._audit import Node

    waiting, seen = [root], set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, Node) and id(item) not in seen:
            seen.add(id(item))
            waiting.extend([*item.children.values(), getattr(item, "cached", None)])
            yield item


def _build_artifact_error(found: str) -> ArtifactError:
    return ArtifactError(
        "model artifact",
        found=found,
        expected="a pipeline as `train` writes it, and nothing else",
        remedy="Do not load it by other means. Train and register the model again.",
    )
