"""Write the winner of a search as a recipe file for people to review.

Nothing is trained by the file until it is named with `--config`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.errors import InputError
from credit_default.views.exports.recipe_toml import TunedRecipe, render_recipe_toml

if TYPE_CHECKING:  # the search imports much that a wrong file name need not wait for
    from credit_default.services.tuning.tune import TuningResult


def require_writable_target(path: Path, *, replacing: bool) -> None:
    """Check that the winner's recipe may be written to the file, before a search of an hour and not after it.

    Args:
        path: The recipe file, an absolute path.
        replacing: Whether an existing file may be replaced.

    Raises:
        InputError: The file exists, its name does not end in .toml, or its folder cannot be written to.
    """
    _require_toml(path)
    if path.is_dir() or (path.exists() and not replacing):
        raise InputError(
            str(path),
            found="a folder" if path.is_dir() else "an existing file",
            expected="a new file, since a reviewed recipe is not overwritten unless asked for",
            remedy="Choose another name with --out"
            + (", or add --replace." if path.is_file() else "."),
        )
    _require_writable_folder(path)


def save_winner(tuning: "TuningResult", path: Path, *, command: str) -> bool:
    """Write the winner's recipe to the file, unless it is the one in force.

    Args:
        tuning: The result of the search.
        path: The recipe file.
        command: The command to repeat the search with, for the file's header.

    Returns:
        Whether the file was written.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    if tuning.is_new:
        tuned = TunedRecipe(
            tuning.winner, tuning.study_name, len(tuning.trials), tuning.row_count, command
        )
        write_atomically(path, render_recipe_toml(tuned, tuning.comparisons).encode())
    return tuning.is_new


def _require_toml(path: Path) -> None:
    if path.suffix != ".toml":
        raise InputError(
            str(path),
            found=f"the ending {path.suffix!r}",
            expected=".toml",
            remedy="Choose another name with --out.",
        )


def _require_writable_folder(path: Path) -> None:
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(
            str(path),
            found=f"{folder}, which cannot be written to",
            expected="a folder that can",
            remedy="Choose another place with --out.",
        )
