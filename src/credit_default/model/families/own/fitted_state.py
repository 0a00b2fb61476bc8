"""The fitted state of any estimator in Python as a list of plain values, always in the same order.

An estimator of the lender's own has no structure that is known beforehand. It is read as what its
objects hold: numbers, texts, arrays, lists, tables, scikit-learn's trees, and further objects. The
digest of a model is over this list.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.families.tree_arrays import list_tree_arrays

_LARGEST_PART_COUNT: Final = 5_000_000
_PLAIN: Final = (bool, int, float, str, bytes, type(None), np.generic)


def list_state_arrays(value: Any) -> Iterator[NDArray[Any]]:
    """Yield the arrays and, as arrays of bytes, all else that an object's fitted state consists of.

    Raises:
        InputError: it holds something whose state cannot be read, or too much.
    """
    for item in iterate_state(value):
        if isinstance(item, np.ndarray) and item.dtype.kind in "biuf":
            yield from (_encode(f"array {item.dtype.str} {item.shape}"), item)
        elif _is_tree(item):
            yield from list_tree_arrays(item)
        else:
            yield _encode(_describe(item))


def iterate_state(value: Any) -> Iterator[Any]:
    """Yield the value and everything that it holds, each object once, parents first.

    Raises:
        InputError: as `list_state_arrays`.
    """
    waiting, seen, count = [value], {}, 0  # type: ignore[var-annotated]
    while waiting:
        item = waiting.pop()
        count += 1
        if count > _LARGEST_PART_COUNT:
            raise _build_error(f"more than {_LARGEST_PART_COUNT:,} values")
        if not isinstance(item, _PLAIN):
            if id(item) in seen:
                yield f"again {seen[id(item)][0]}"
                continue
            seen[id(item)] = (len(seen), item)  # kept, so that no other object gets its place
        yield item
        waiting.extend(reversed(_list_children(item)))


def _list_children(item: Any) -> list[Any]:
    if isinstance(item, np.ndarray):
        return item.ravel().tolist() if item.dtype.kind == "O" else []
    if isinstance(item, _PLAIN) or _is_tree(item) or isinstance(item, type):
        return []
    if isinstance(item, dict):
        return _flatten(sorted(item.items(), key=_sort_key))
    if isinstance(item, list | tuple | set | frozenset):
        return list(item) if isinstance(item, list | tuple) else sorted(item, key=repr)
    if isinstance(item, np.random.RandomState):
        return [item.get_state(legacy=False)]
    if hasattr(item, "__dict__"):
        return _flatten(sorted(vars(item).items()))
    raise _build_error(f"a {type(item).__module__}.{type(item).__qualname__}"[:200])


def _flatten(pairs: list[tuple[Any, Any]]) -> list[Any]:
    return [part for pair in pairs for part in pair]


def _sort_key(pair: tuple[Any, Any]) -> str:
    return repr(pair[0])


def _describe(item: Any) -> str:
    """Return a text that differs where two values do, leaving out what an item's parts say."""
    if isinstance(item, np.ndarray):
        content = "" if item.dtype.kind == "O" else item.tobytes().hex()
        return f"array {item.dtype.str} {item.shape} {content}"
    if isinstance(item, _PLAIN):
        return f"{type(item).__name__} {item!r}"
    if isinstance(item, type) or callable(item):
        named = item if hasattr(item, "__qualname__") else type(item)
        return f"type {named.__module__}.{named.__qualname__}"
    size = len(item) if isinstance(item, dict | list | tuple | set | frozenset) else ""
    return f"{type(item).__module__}.{type(item).__qualname__} {size}"


def _is_tree(item: Any) -> bool:
    return type(item).__module__ == "sklearn.tree._tree" and type(item).__name__ == "Tree"


def _encode(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _build_error(found: str) -> InputError:
    return InputError(
        "fitted estimator",
        found=found,
        expected="an object that holds numbers, texts, arrays, lists, tables and trees",
        remedy="Mend the estimator in its package: keep what it learned in plain arrays.",
    )
