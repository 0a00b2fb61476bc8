"""Which types a stored estimator of a trusted package may be made of: the package's own classes, scikit-learn's estimators, plain values.

The list does not come from the artifact. Compiled types that read their tables without checking them, such as scikit-learn's losses,
neighbour trees and histogram boosters, are not on it; its decision trees are, as they are checked before they are built.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from credit_default.installed import find_top_module
from credit_default.model.families.own.own_estimator import GROUP
from credit_default.model.families.own.own_family import is_own
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import build_artifact_error

_PLAIN: Final = frozenset(
    {
        ("TreeNode", "sklearn.tree._tree.Tree"),
        ("DictNode", "sklearn.utils._bunch.Bunch"),
        ("DictNode", "collections.OrderedDict"),
        ("SetNode", "builtins.set"),
        ("SliceNode", "builtins.slice"),
        ("DTypeNode", "numpy.dtype"),
        ("RandomStateNode", "numpy.random.mtrand.RandomState"),
        *(("TypeNode", f"builtins.{name}") for name in ("int", "float", "bool")),
    }
)
_NUMBERS: Final = (
    "float64",
    "float32",
    "int64",
    "int32",
    "int8",
    "uint8",
    "uint32",
    "bool",
    "str_",
)

LoaderAndName = tuple[str, str]


def list_own_types(items: Iterable[dict[str, Any]], *, recipe: Recipe) -> frozenset[LoaderAndName]:
    """Return, of the loaders and types that a file names, those that an estimator of the recipe's package may be made of.

    None for a recipe of our own families.

    Args:
        items: The tables of the file's schema.
        recipe: The recipe, whose package is trusted.
    """
    if not is_own(recipe):
        return frozenset()
    module = find_top_module(recipe.family, group=GROUP)
    named = {
        (str(item.get("__loader__")), f"{item.get('__module__')}.{item.get('__class__')}")
        for item in items
    }
    return frozenset(pair for pair in named if _is_allowed(*pair, module=module))


def _is_allowed(loader: str, name: str, *, module: str) -> bool:
    from skops.io._trusted_types import SKLEARN_ESTIMATOR_TYPE_NAMES

    if loader == "ObjectNode":
        return name.startswith(f"{module}.") or name in SKLEARN_ESTIMATOR_TYPE_NAMES
    is_number = name.removeprefix("numpy.") in _NUMBERS and name.startswith("numpy.")
    return (loader, name) in _PLAIN or (is_number and loader in {"NdArrayNode", "TypeNode"})


def check_own_classes(nodes: Iterator[Any]) -> None:
    """Check that each object's type is a class that is defined where the file says, and not a name that is imported there.

    Raises:
        ArtifactError: It is not; nothing of it was made.
    """
    from skops.io._general import ObjectNode
    from skops.io._utils import gettype

    for node in nodes:
        if not isinstance(node, ObjectNode):
            continue
        name = f"{node.module_name}.{node.class_name}"
        try:
            kind = gettype(node.module_name, node.class_name)
        except Exception as error:
            raise build_artifact_error(
                f"{name}, which cannot be imported ({error})"[:200]
            ) from error
        if not isinstance(kind, type) or kind.__module__ != node.module_name:
            raise build_artifact_error(f"{name}, which is no class of that module"[:200])
