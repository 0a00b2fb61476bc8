"""The winner of a search as a configuration file: figures and origin above, the recipe below, for a person to review."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from credit_default.errors import escape_unprintable
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.views.terminal.tuning import RecipeComparison, format_recipe_comparison


@dataclass(frozen=True, slots=True)
class TunedRecipe:
    """A recipe and where it came from: the study, how many trials it had, on how many rows, by which command."""

    recipe: Recipe
    study_name: str
    trial_count: int
    row_count: int
    command: str


def write_recipe_file(tuned: TunedRecipe, standings: Sequence[RecipeComparison]) -> str:
    """TOML for `train --config`, the standings as comments; a parameter without a value (no bound) is left out."""
    head = [
        f"Found by: {tuned.command}",
        f"Study {tuned.study_name}: {tuned.trial_count} trials on pooled five folds of {tuned.row_count:,} development rows.",
        "Measured on another draw of five folds than the search looked at; gains over the recipe in force, with intervals:",
        *(f"  {format_recipe_comparison(standing)}" for standing in standings),
    ]
    values = [
        f"{name} = {_format_toml_value(value)}"
        for name, value in asdict(tuned.recipe).items()
        if value is not None
    ]
    return "\n".join([*(f"# {escape_unprintable(line)}" for line in head), "[recipe]", *values, ""])


def _format_toml_value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
