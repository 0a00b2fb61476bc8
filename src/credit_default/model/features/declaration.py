"""How a portfolio declares its features: a list in the words of `vocabulary`, checked before anything is built.

The list travels as plain JSON values (`describe_features`), in a file of settings as well as inside a saved model, and every
reading goes through `parse_features`: a list that came with an artifact is trusted no more than one that was typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from credit_default.errors import InputError, show_examples
from credit_default.model.features.row_functions import ROW_FUNCTIONS, RowFunction

_KEYS = frozenset({"name", "function", "columns", "arguments", "kept"})


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: a word of the vocabulary on input columns or on features declared before it.

    `kept=False` marks a step on the way that is not itself given to the forest.
    """

    name: str
    function: str
    columns: tuple[str, ...]
    arguments: Mapping[str, float] = field(default_factory=dict)
    kept: bool = True


def parse_features(
    items: Iterable[Mapping[str, Any]], *, columns: Iterable[str] | None = None
) -> tuple[Feature, ...]:
    """The features that the mappings declare, in their order, every argument filled in.

    Each mapping has `name`, `function`, `columns` and, as needed, `arguments` and `kept`. With `columns`, each name used
    must be one of these or an earlier feature; without, any name that is no feature is taken for an input column.

    Raises:
        InputError: an unknown key, function, argument or column, a repeated name, a wrong number of columns, no feature.
    """
    features = tuple(_parse_feature(item) for item in items)
    _check_uses(features, None if columns is None else frozenset(columns))
    if not any(feature.kept for feature in features):
        raise _build_error("feature list", found="no feature that is kept", expected="at least one")
    return features


def describe_features(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """The features as plain JSON values (lists, dicts, text, numbers, true or false); `parse_features` reads it back."""
    return [
        {
            "name": feature.name,
            "function": feature.function,
            "columns": list(feature.columns),
            "arguments": {name: float(value) for name, value in sorted(feature.arguments.items())},
            "kept": feature.kept,
        }
        for feature in features
    ]


def list_feature_names(features: Sequence[Feature]) -> tuple[str, ...]:
    """Names of the features that the forest sees, in the order of the matrix' columns."""
    return tuple(feature.name for feature in features if feature.kept)


def trace_inputs(features: Sequence[Feature]) -> dict[str, tuple[str, ...]]:
    """For each feature, the input columns that it goes back to, in order of first use."""
    roots: dict[str, tuple[str, ...]] = {}
    for feature in features:
        found = [root for name in feature.columns for root in roots.get(name, (name,))]
        roots[feature.name] = tuple(dict.fromkeys(found))
    return roots


def list_input_names(features: Sequence[Feature]) -> tuple[str, ...]:
    """Names of the input columns that the features need, in order of first use."""
    return tuple(dict.fromkeys(name for roots in trace_inputs(features).values() for name in roots))


def select_features(features: Sequence[Feature], *, without: Iterable[str]) -> tuple[Feature, ...]:
    """The features that go back to none of the columns `without`, through no step on the way either."""
    shut_out = frozenset(without)
    roots = trace_inputs(features)
    return tuple(feature for feature in features if shut_out.isdisjoint(roots[feature.name]))


def _parse_feature(item: Mapping[str, Any]) -> Feature:
    name = item.get("name")
    if not isinstance(name, str) or not name:
        raise _build_error(
            "feature list", found=f"name {name!r}", expected="a name for each feature"
        )
    unknown = sorted(set(item) - _KEYS)
    if unknown:
        raise _build_error(
            f"feature {name!r}",
            found=f"key {show_examples(unknown)}",
            expected=f"keys {sorted(_KEYS)}",
        )
    function = item.get("function")
    if not isinstance(function, str) or function not in ROW_FUNCTIONS:
        raise _build_error(
            f"feature {name!r}",
            found=f"function {function!r}",
            expected=f"one of {', '.join(ROW_FUNCTIONS)}",
        )
    columns, arguments, kept = (
        item.get("columns"),
        item.get("arguments", {}),
        item.get("kept", True),
    )
    if not isinstance(columns, list | tuple) or not all(
        isinstance(column, str) for column in columns
    ):
        raise _build_error(
            f"feature {name!r}", found=f"columns {columns!r}", expected="a list of names"
        )
    if not isinstance(arguments, Mapping) or not isinstance(kept, bool):
        raise _build_error(
            f"feature {name!r}",
            found="odd arguments or kept",
            expected="a table of numbers; true or false",
        )
    _check_column_count(name, len(columns), word=ROW_FUNCTIONS[function])
    return Feature(
        name,
        function,
        tuple(columns),
        _fill_arguments(name, arguments, word=ROW_FUNCTIONS[function]),
        kept,
    )


def _check_column_count(name: str, count: int, *, word: RowFunction) -> None:
    most = word.most_columns
    if count < word.fewest_columns or (most is not None and count > most):
        expected = (
            f"{word.fewest_columns} or more" if most is None else f"{word.fewest_columns} to {most}"
        )
        raise _build_error(f"feature {name!r}", found=f"{count} columns", expected=expected)


def _fill_arguments(name: str, given: Mapping[str, Any], *, word: RowFunction) -> dict[str, float]:
    unknown = sorted(set(given) - set(word.arguments))
    missing = sorted(
        key for key, default in word.arguments.items() if default is None and key not in given
    )
    if unknown or missing:
        found = (
            f"unknown argument {show_examples(unknown)}"
            if unknown
            else f"no argument {show_examples(missing)}"
        )
        raise _build_error(
            f"feature {name!r}", found=found, expected=f"arguments {sorted(word.arguments)}"
        )
    filled = {**word.arguments, **given}
    for key, value in filled.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 (NaN)
            raise _build_error(f"feature {name!r}", found=f"{key} = {value!r}", expected="a number")
    return {key: float(value) for key, value in filled.items() if value is not None}


def _check_uses(features: Sequence[Feature], known: frozenset[str] | None) -> None:
    made: set[str] = set()
    names = {feature.name for feature in features if feature.columns != (feature.name,)}
    for feature in features:
        if feature.name in made:
            raise _build_error(
                f"feature {feature.name!r}", found="its name twice", expected="each name once"
            )
        inputs = [name for name in feature.columns if name not in made]
        early = [name for name in inputs if name in names]
        if early:
            raise _build_error(
                f"feature {feature.name!r}",
                found=f"{show_examples(early)} before it is made",
                expected="order",
            )
        strange = [] if known is None else [name for name in inputs if name not in known]
        if strange:
            raise _build_error(
                f"feature {feature.name!r}",
                found=f"column {show_examples(strange)}",
                expected="known columns",
            )
        made.add(feature.name)


def _build_error(thing: str, *, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, remedy="Correct the feature list.")
