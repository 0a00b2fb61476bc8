"""The parameters of a lender's own estimator: plain values, which a bundle can store as text."""

import json
from collections.abc import Mapping
from typing import Any

from credit_default.errors import InputError


def check_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as a table of their own, after checking that they are plain values.

    Raises:
        InputError: a name that is no name of Python or is `seed`, or a value that is not made of
            numbers, texts, flags, lists and tables.
    """
    names = [
        name for name in parameters if not str(name).isidentifier() or name in {"seed", "self"}
    ]
    if names:
        raise _build_error(f"the name {names[0]!r}"[:100])
    try:
        plain = json.loads(json.dumps(dict(parameters), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise _build_error(str(error)[:200]) from error
    return dict(plain)


def _build_error(found: str) -> InputError:
    return InputError(
        "recipe's parameters",
        found=found,
        expected="names of keyword arguments, with numbers, texts, flags or lists of them",
        remedy="Correct the recipe; the seed is its own parameter, `recipe.seed`.",
    )
