"""Write a fitted pipeline with skops, and read one back without trusting the file. No other module uses skops.

`stored_schema` refuses a file that holds anything but what belongs in it, before skops sees it. Then each tree's state is
checked before a tree is built from it: this is why skops' internals are used here, since its `load` builds the trees first.
"""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from credit_default.adapters.bundles.artifact_check import check_pipeline
from credit_default.adapters.bundles.loadable_classes import check_own_classes, list_own_types
from credit_default.adapters.bundles.stored_schema import (
    ALLOWED,
    BUILD_FEATURES,
    CALIBRATED,
    DAMAGED_FILE_ERRORS,
    PROTOCOL,
    UNKNOWN_TO_SKOPS,
    USUAL_LIMITS,
    PipelineLimits,
    build_artifact_error,
    check_schema,
    iterate_nodes,
    read_schema,
)
from credit_default.adapters.bundles.tree_check import check_tree_state
from credit_default.model.estimator.calibrated_forest import unwrap_forest
from credit_default.model.estimator.recipe_pipeline import FOREST_STEP
from credit_default.model.families.family import Family
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.stored.stored_pipeline import restore_pipeline


def write_pipeline(pipeline: Any, path: Path) -> None:
    """Write the pipeline in skops' format, compressed to about a tenth."""
    import skops.io

    skops.io.dump(
        restore_pipeline(pipeline), path, compression=zipfile.ZIP_DEFLATED, compresslevel=3
    )


def list_trusted_types(family: Family) -> list[str]:
    """Return the types that `skops.io.load` or MLflow must trust, beyond skops' defaults, to open a pipeline of the family."""
    own = {name for _, name in family.stored_types if name.startswith(UNKNOWN_TO_SKOPS)}
    return [BUILD_FEATURES, CALIBRATED, *sorted(own)]


def read_pipeline(
    source: Path | BytesIO, *, recipe: Recipe, limits: PipelineLimits = USUAL_LIMITS
) -> Any:
    """Return the fitted pipeline, after checking that every type in the file is on our list and every tree is sound.

    It predicts on one core.

    Args:
        source: A file that `write_pipeline` wrote, or its bytes.
        recipe: What the bundle says that the estimator was fitted by; its family says what the file may hold.
        limits: How much the file may unpack to.

    Raises:
        ArtifactError: The file holds something else; the message names the first such entry.
    """
    family = find_family(recipe)
    try:
        with zipfile.ZipFile(source) as file:
            pipeline = _build_pipeline(file, read_schema(file, limits), recipe=recipe)
    except DAMAGED_FILE_ERRORS as error:
        raise build_artifact_error(f"{type(error).__name__}: {str(error)[:200]}") from error
    try:
        check_pipeline(pipeline, recipe=recipe)
    except DAMAGED_FILE_ERRORS as error:
        raise build_artifact_error(f"{type(error).__name__}: {str(error)[:200]}") from error
    family.set_job_count(unwrap_forest(pipeline.named_steps[FOREST_STEP]), 1)
    return pipeline


def _build_pipeline(file: zipfile.ZipFile, schema: Any, *, recipe: Recipe) -> Any:
    import warnings

    from sklearn.exceptions import InconsistentVersionWarning
    from sklearn.tree._tree import NODE_DTYPE
    from skops.io._audit import get_tree
    from skops.io._utils import LoadContext

    family, own_types = find_family(recipe), list_own_types(iterate_nodes(schema), recipe=recipe)
    check_schema(schema, names=file.namelist(), allowed=ALLOWED | family.stored_types | own_types)
    trusted = [*list_trusted_types(family), *sorted(name for _, name in own_types)]
    root = get_tree(schema, LoadContext(src=file, protocol=PROTOCOL), trusted=trusted)
    check_own_classes(_iterate_built(root))
    for node in _find_trees(root):
        # A node builds its value once and keeps it, so the tree is made of the same values that are checked here.
        check_tree_state(node.args.construct(), node.attrs.construct(), node_type=NODE_DTYPE)
    with warnings.catch_warnings():
        # The file may come from another patch release of the minor version that `read_bundle` asks for.
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        return root.construct()


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


class Restoration:
    """scikit-learn's own pipeline of a file's bytes: read when it is first asked for, under every check, and kept.

    Args:
        content: The file's bytes.
        recipe: What the bundle says that the estimator was fitted by.
    """

    def __init__(self, content: bytes, recipe: Recipe) -> None:
        self._content, self._recipe = content, recipe
        self._pipeline: Any = None

    def find_pipeline(self) -> Any:
        """Return the pipeline, always the same object. Raises what `read_pipeline` raises."""
        if self._pipeline is None:
            self._pipeline = read_pipeline(BytesIO(self._content), recipe=self._recipe)
        return self._pipeline

    def find_forest(self) -> Any:
        """Return its forest, without calibration. Raises what `read_pipeline` raises."""
        return unwrap_forest(self.find_pipeline().named_steps[FOREST_STEP])
