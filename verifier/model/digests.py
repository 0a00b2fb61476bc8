"""Digests over content, not over files: of a model, of a decision policy, of scores, and of overrides."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verifier.model.archive import Thing, Tree
from verifier.reading.ledger import write_canonical

_FORMAT: Final = "credit-default digest 1"
_MODULUS: Final = 1 << 512
_NODE_FIELDS: Final = (
    "left_child",
    "right_child",
    "feature",
    "threshold",
    "missing_go_to_left",
    "impurity",
    "n_node_samples",
    "weighted_n_node_samples",
)


def digest_parts(parts: Iterable[Any]) -> str:
    """Return the hex SHA-256 over parts: arrays as 64-bit numbers with their type and shape, others as length and bytes."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            wide = part.astype({"f": "<f8", "u": "<u8"}.get(part.dtype.kind, "<i8"))
            digest.update(f"{wide.dtype.str}{wide.shape};".encode())
            digest.update(np.ascontiguousarray(wide).data)
        else:
            content = part if isinstance(part, bytes) else str(part).encode()
            digest.update(f"{len(content)};".encode())
            digest.update(content)
    return digest.hexdigest()


def digest_model(
    described: Mapping[str, Any],
    arrays: Iterable[Any],
    trained_rows: Any,
    reference: pa.Table | None,
) -> str:
    """Return the digest of a model from what describes it, its arrays, the keys it learned from, and its reference."""
    own = [] if reference is None else [_digest_rows(reference)]
    parts = [_FORMAT, write_canonical(described), digest_parts(arrays), trained_rows, *own]
    return digest_parts(parts)


def digest_policy(policy: Mapping[str, Any]) -> str:
    """Return the digest of a decision policy."""
    return digest_parts([_FORMAT, write_canonical(policy)])


def list_arrays(estimator: Thing, family: str) -> Iterable[Any]:
    """Yield the arrays of a fitted estimator in the order in which they are digested."""
    if family == "boosting":
        yield np.array([estimator["baseline_"]])
        for tree in estimator["trees_"]:
            yield from _list_tree(tree)
    elif family == "scorecard":
        yield np.array([estimator["intercept_"]])
        tables = (estimator["edges_"], estimator["points_"], estimator["shares_"])
        for arrays in zip(*tables, strict=True):
            yield from arrays
    elif family == "blend":
        yield estimator["weights_"]
        for described, member in zip(estimator["members"], estimator["members_"], strict=True):
            yield from list_arrays(member, described["family"])
    else:
        for member in estimator["estimators_"]:
            yield from _list_tree(member["tree_"])


def digest_scores(rows: pa.Table) -> str:
    """Return the digest of scored rows, whatever their order: their count and the sum of their hashes."""
    total = sum(int.from_bytes(hashlib.blake2b(row).digest(), "little") for row in _encode(rows))
    return hashlib.sha256(f"{rows.num_rows} {total % _MODULUS:x}".encode()).hexdigest()


def hash_keys(clients: Iterable[str], months: Iterable[str]) -> Any:
    """Return the 64-bit hashes by which a model knows the rows that it learned from."""
    keys = (f"{client}\x1f{month}".encode() for client, month in zip(clients, months, strict=True))
    joined = b"".join(hashlib.blake2b(key, digest_size=8).digest() for key in keys)
    return np.frombuffer(joined, dtype="<u8")


def _encode(rows: pa.Table) -> Iterable[bytes]:
    bits = rows["default_probability"].to_numpy().view(np.uint64).tolist()
    names = ("statement_month", "decision", "client_id")
    for number, *texts in zip(bits, *(rows[name].to_pylist() for name in names), strict=True):
        lengths = [-1 if text is None else len(text.encode()) for text in texts]
        parts = [number, *lengths, *(text or "" for text in texts)]
        yield "|".join(map(str, parts)).encode()


def _digest_rows(rows: pa.Table) -> str:
    parts: list[Any] = [_FORMAT, str(rows.num_rows)]
    for name in sorted(rows.column_names):
        column = rows[name].combine_chunks()
        parts += [name, column.is_null().to_numpy(zero_copy_only=False)]
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            parts.append(pc.fill_null(column, 0).to_numpy(zero_copy_only=False))
        elif pa.types.is_boolean(column.type):
            parts.append(pc.fill_null(column, False).to_numpy(zero_copy_only=False))  # noqa: FBT003
        else:
            texts = [(text or "").encode() for text in column.cast(pa.string()).to_pylist()]
            parts += [np.array([len(text) for text in texts]), b"".join(texts)]
    return digest_parts(parts)


def _list_tree(tree: Tree) -> Iterable[Any]:
    for name in _NODE_FIELDS:
        yield np.asarray(tree.nodes[name])
    yield tree.values
