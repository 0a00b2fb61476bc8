"""The schema of a stored pipeline: what skops' format says that a file holds, checked before anything of it is built.

skops' own list of types that may be loaded is long, and a list that travels with the artifact is the artifact's own claim.
So a file is refused unless everything in it is on the short list below and what its family adds to it.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from credit_default.errors import ArtifactError

_STABLE_MODULE: Final = "credit_default.bundled"
BUILD_FEATURES: Final = f"{_STABLE_MODULE}.build_features"
CALIBRATED: Final = f"{_STABLE_MODULE}.CalibratedForest"
# Types of families that skops does not trust by itself start like this.
UNKNOWN_TO_SKOPS: Final = (_STABLE_MODULE, "sklearn.tree._tree.")
# Loader, module and name of the two objects in bundles that were written before `bundled` existed. Never add to this list.
_FORMER_NAMES: Final = frozenset(
    {
        ("FunctionNode", "credit_default.model.features", "build_features"),
        ("ObjectNode", "credit_default.model.calibrated_forest", "CalibratedForest"),
    }
)
# What every pipeline is made of; an estimator's own types are those of its family.
ALLOWED: Final = frozenset(
    {
        ("ObjectNode", "sklearn.pipeline.Pipeline"),
        ("ObjectNode", "sklearn.preprocessing._function_transformer.FunctionTransformer"),
        ("ObjectNode", CALIBRATED),
        ("FunctionNode", BUILD_FEATURES),
        ("NdArrayNode", "numpy.ndarray"),
        ("NdArrayNode", "numpy.int64"),
        ("DictNode", "builtins.dict"),
        ("ListNode", "builtins.list"),
        ("TupleNode", "builtins.tuple"),
        ("JsonNode", "builtins.str"),
        ("TypeNode", "builtins.str"),
    }
)
PROTOCOL: Final = 2
_SCHEMA: Final = "schema.json"
# What skops, zipfile, numpy and json raise on a file that is damaged or not theirs.
DAMAGED_FILE_ERRORS: Final = (
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


USUAL_LIMITS: Final = PipelineLimits()


def read_schema(file: zipfile.ZipFile, limits: PipelineLimits) -> dict[str, Any]:
    """Return the schema of a stored pipeline, with the present names of what older bundles name.

    Raises:
        ArtifactError: The file unpacks to more than the limits, or is of another version of the format.
        BaseException: What `DAMAGED_FILE_ERRORS` lists, of a damaged file.
    """
    _check_size(file, limits)
    schema = json.loads(file.read(_SCHEMA))
    if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
        raise build_artifact_error("another version of the skops format")
    _replace_former_names(schema)
    return schema


def check_schema(
    schema: dict[str, Any], *, names: list[str], allowed: AbstractSet[tuple[str, str]]
) -> None:
    """Check that a schema names allowed types alone, and the entries of its archive, each once, and no others.

    Args:
        schema: What `read_schema` returned.
        names: The names of the archive's entries.
        allowed: Loader and name of each type that may be in it.

    Raises:
        ArtifactError: It does not; the message names the first such type.
    """
    _check_allowed_types(schema, allowed)
    _check_archive_entries(names, schema)


def _check_size(file: zipfile.ZipFile, limits: PipelineLimits) -> None:
    entries = file.infolist()
    byte_count = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entry_count or byte_count > limits.byte_count:
        raise build_artifact_error(
            f"{len(entries)} entries of {byte_count} bytes in all, more than {limits}"
        )


def _replace_former_names(schema: dict[str, Any]) -> None:
    """Give `build_features` and `CalibratedForest` their stable module in the schema of an older bundle.

    The schema was just read from the file, so it may be changed in place. The list of allowed types holds the stable names only.
    """
    for item in iterate_nodes(schema):
        name = (item.get("__loader__"), item.get("__module__"), item.get("__class__"))
        if all(isinstance(part, str) for part in name) and name in _FORMER_NAMES:
            item["__module__"] = _STABLE_MODULE


def _check_archive_entries(names: list[str], schema: dict[str, Any]) -> None:
    """Check that the archive holds the schema and the arrays that it names, each once, and nothing else."""
    arrays = {item["file"] for item in iterate_nodes(schema) if "file" in item}
    if sorted(names) != sorted({_SCHEMA, *arrays}):
        raise build_artifact_error(
            "entries that the schema does not name, or names that are no entries"
        )


def _check_allowed_types(schema: Any, allowed: AbstractSet[tuple[str, str]]) -> None:
    for item in iterate_nodes(schema):
        if "__loader__" in item or "__class__" in item or "__module__" in item:
            _check_allowed_type(item, allowed)


def iterate_nodes(schema: Any) -> Iterator[dict[str, Any]]:
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
        raise build_artifact_error(
            f"{name[:200]} ({str(loader)[:50]}), which is not on the list of allowed types"
        )


def build_artifact_error(found: str) -> ArtifactError:
    """Return the error for a file that is no pipeline of ours."""
    return ArtifactError(
        "model artifact",
        found=found,
        expected="a pipeline as `train` writes it, and nothing else",
        remedy="Do not load it by other means. Train and register the model again.",
    )
