"""What a row function is: a function on whole columns, with its meaning and how it treats values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Columns = Sequence[FloatArray]

# A number, a text, or a list of numbers, as the function's `kinds` say.
Argument = float | str | tuple[float, ...]
Arguments = Mapping[str, Any]  # of `Argument`
ArgumentKind = Literal["number", "text", "numbers"]

REQUIRED_ARGUMENT: Final = None  # in place of a default: the argument must be given


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A function on the columns of a row, with its meaning, column count and arguments.

    Attributes:
        compute: Takes the columns (float64, equal lengths) and the arguments by name, returns one
            column.
        meaning: The function in words, for the documentation.
        fewest_columns: The fewest columns that it takes.
        most_columns: The most columns that it takes; None for any number.
        arguments: Defaults by argument name; `REQUIRED_ARGUMENT` where there is none.
        directions: How the result moves when one column alone is raised: 1 never down, -1 never up,
            0 either. The last entry holds for all further columns.
        reads: What it sees of an input: its numbers, its values (special ones as they are), or its
            special values alone; all else is NaN.
        passes_missing: Whether the result is NaN where a column is.
        gives_missing: Whether the result can be NaN where no column is.
        kinds: What an argument is that is not a number.
        check: Takes the columns' names and the arguments, returns what is wrong with them, or "".
        learns: Whether training gives the function an argument, from the outcomes.
    """

    compute: Callable[..., FloatArray]
    meaning: str
    fewest_columns: int = 1
    most_columns: int | None = 1
    arguments: Mapping[str, Argument | None] = field(default_factory=dict)
    directions: tuple[int, ...] = (1,)
    reads: Literal["numbers", "values", "special"] = "numbers"
    passes_missing: bool = True
    gives_missing: bool = False
    kinds: Mapping[str, ArgumentKind] = field(default_factory=dict)
    check: Callable[[Sequence[str], Arguments], str] | None = None
    learns: bool = False
