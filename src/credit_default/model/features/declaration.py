"""Declare a portfolio's features: a list of row functions on named columns, checked before use.

The list travels as plain JSON values (`describe_features`), in a settings file and inside a saved
model. Every reading goes through `parse_features`, so that a list loaded with an artifact is
trusted no more than one that a person typed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from credit_default.data.contract.table_parsing import note_faults, raise_faults, suggest_word
from credit_default.errors import CreditDefaultError, InputError, show_examples
from credit_default.installed import (
    Source,
    is_installed_name,
    parse_source,
)
from credit_default.model.features.arguments import (
    build_feature_error,
    describe_arguments,
    fill_arguments,
)
from credit_default.model.features.installed_functions import load_row_function
from credit_default.model.features.row_function import Arguments
from credit_default.model.features.row_functions import ROW_FUNCTIONS, RowFunction

_KEYS = frozenset({"name", "function", "columns", "arguments", "kept", "source"})
_EXPECTED_ARGUMENTS = "a table of numbers, and true or false"


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: a row function applied to input columns or to features declared before it.

    Attributes:
        name: The feature's name.
        function: Name of a function in `ROW_FUNCTIONS`, or `package:entry` of an installed package.
        columns: The columns or earlier features that the function takes, in its order.
        arguments: The function's arguments.
        kept: False for an intermediate step that is not given to the forest itself.
        source: The version and the code of an installed package's function; None for our own.
    """

    name: str
    function: str
    columns: tuple[str, ...]
    arguments: Arguments = field(default_factory=dict)
    kept: bool = True
    source: Source | None = None

    @property
    def row_function(self) -> RowFunction:
        """Return the function that computes the feature.

        Raises:
            SetupError: It is of an installed package, and that is not there or another by now.
        """
        return _find_row_function(self.name, self.function, pinned=self.source)[0]


def parse_features(
    items: Iterable[Mapping[str, Any]], *, columns: Iterable[str] | None = None
) -> tuple[Feature, ...]:
    """Return the features that the mappings declare, in their order, with every argument filled in.

    Args:
        items: Mappings with `name`, `function`, `columns` and, optionally, `arguments` and `kept`.
        columns: The columns that features may use besides earlier features. None accepts any name
            that is not a feature as an input column.

    Raises:
        InputError: unknown keys, functions, arguments or columns, repeated names, wrong numbers of
            columns, or no feature that is kept; all faults of the features are told.
    """
    faults: list[CreditDefaultError] = []
    parsed: list[Feature] = []
    others: set[Any] = set()  # names of features that are faulty: what refers to them is not
    for item in items:
        with note_faults(faults):
            others.add(item.get("name") if isinstance(item, Mapping) else None)
            parsed.append(parse_feature(item))
    features = tuple(parsed)
    others -= {feature.name for feature in features}
    faults += _find_use_faults(features, None if columns is None else others.union(columns))
    raise_faults(faults, thing="feature list")
    if not any(feature.kept for feature in features):
        raise build_feature_error(
            "feature list", found="no feature that is kept", expected="at least one"
        )
    return features


def describe_features(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """Return the features as plain JSON values, which `parse_features` reads back."""
    return [
        {
            "name": feature.name,
            "function": feature.function,
            "columns": list(feature.columns),
            "arguments": describe_arguments(feature.arguments),
            "kept": feature.kept,
            **({} if feature.source is None else {"source": feature.source.describe()}),
        }
        for feature in features
    ]


def list_feature_names(features: Sequence[Feature]) -> tuple[str, ...]:
    """Return the names of the kept features, in the order of the feature matrix."""
    return tuple(feature.name for feature in features if feature.kept)


def trace_inputs(features: Sequence[Feature]) -> dict[str, tuple[str, ...]]:
    """Return the input columns that each feature is computed from, in order of first use."""
    roots: dict[str, tuple[str, ...]] = {}
    for feature in features:
        found = [root for name in feature.columns for root in roots.get(name, (name,))]
        roots[feature.name] = tuple(dict.fromkeys(found))
    return roots


def list_input_names(features: Sequence[Feature]) -> tuple[str, ...]:
    """Return the names of the input columns that the features need, in order of first use."""
    return tuple(dict.fromkeys(name for roots in trace_inputs(features).values() for name in roots))


def select_features(features: Sequence[Feature], *, without: Iterable[str]) -> tuple[Feature, ...]:
    """Return the features that depend on none of the columns `without`, not even indirectly."""
    excluded = frozenset(without)
    roots = trace_inputs(features)
    return tuple(feature for feature in features if excluded.isdisjoint(roots[feature.name]))


def parse_feature(item: Mapping[str, Any]) -> Feature:
    """Return the feature that a mapping declares, as `parse_features` does; other features are not looked at.

    Raises:
        InputError: its keys, function, arguments or number of columns are faulty.
    """
    if not isinstance(item, Mapping):
        raise build_feature_error(
            "feature list", found=repr(item), expected="a table for each feature"
        )
    name = item.get("name")
    if not isinstance(name, str) or not name:
        raise build_feature_error(
            "feature list", found=f"name {name!r}", expected="a name for each feature"
        )
    if unknown := sorted(set(item) - _KEYS):
        raise build_feature_error(
            f"feature {name!r}",
            found=f"key {show_examples(unknown)}{suggest_word(unknown[0], _KEYS)}",
            expected=f"keys {sorted(_KEYS)}",
        )

    function = item.get("function")
    pinned = item.get("source")
    row_function, source = _find_row_function(
        name,
        function,
        pinned=None if pinned is None else parse_source(pinned, thing=f"feature {name!r}"),
    )
    columns: Any = item.get("columns")
    arguments, kept = item.get("arguments", {}), item.get("kept", True)
    _check_value_types(name, columns=columns, arguments=arguments, kept=kept)
    filled = fill_arguments(name, arguments, columns=columns, row_function=row_function)
    return Feature(name, str(function), tuple(columns), filled, kept, source)


def _check_value_types(name: str, *, columns: Any, arguments: Any, kept: Any) -> None:
    if not isinstance(columns, list | tuple) or not all(
        isinstance(column, str) for column in columns
    ):
        raise build_feature_error(
            f"feature {name!r}", found=f"columns {columns!r}", expected="a list of names"
        )
    if not isinstance(arguments, Mapping) or not isinstance(kept, bool):
        raise build_feature_error(
            f"feature {name!r}",
            found=f"arguments {arguments!r}, kept {kept!r}",
            expected=_EXPECTED_ARGUMENTS,
        )


def _find_row_function(
    name: str, function: Any, *, pinned: Source | None
) -> tuple[RowFunction, Source | None]:
    if isinstance(function, str) and function in ROW_FUNCTIONS and pinned is None:
        return ROW_FUNCTIONS[function], None
    if not isinstance(function, str) or not is_installed_name(function):
        raise build_feature_error(
            f"feature {name!r}",
            found=f"function {function!r}{suggest_word(str(function), ROW_FUNCTIONS)}",
            expected=f"one of {', '.join(ROW_FUNCTIONS)}, or package:entry of an installed package",
        )
    return load_row_function(function, pinned=pinned)


def _find_use_faults(
    features: Sequence[Feature], known: Collection[str] | None
) -> Iterator[InputError]:
    """Yield names that are declared twice, or used and not known; `known` is None where any column is."""
    declared: set[str] = set()
    names = {feature.name for feature in features if feature.columns != (feature.name,)}
    for feature in features:
        thing = f"feature {feature.name!r}"
        if feature.name in declared:
            yield build_feature_error(thing, found="its name twice", expected="each name once")
        inputs = [name for name in feature.columns if name not in declared]
        early = [name for name in inputs if name in names]
        if early:
            yield build_feature_error(
                thing,
                found=f"{show_examples(early)} before its own declaration",
                expected="features declared before they are used",
            )
        unknown = [] if known is None else [n for n in inputs if n not in {*known, *early}]
        if unknown and known is not None:
            near = suggest_word(unknown[0], {*known, *declared} - {None})
            yield build_feature_error(
                thing, found=f"column {show_examples(unknown)}{near}", expected="known columns"
            )
        declared.add(feature.name)
