"""Write the best recipe of a search as a configuration file, with its figures as comments."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.errors import escape_unprintable
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.families.recipe import describe_recipe
from credit_default.views.terminal.tuning import RecipeComparison, format_recipe_comparison


@dataclass(frozen=True, slots=True)
class TunedRecipe:
    """A recipe and where it came from."""

    recipe: Recipe
    study_name: str
    trial_count: int
    row_count: int  # development rows of the search
    command: str  # that found it


def render_recipe_toml(tuned: TunedRecipe, comparisons: Sequence[RecipeComparison]) -> str:
    """Return TOML for `train --config`.

    Args:
        tuned: The recipe. A parameter without a value (such as no depth bound) is left out.
        comparisons: What the search found, written as comments.
    """
    rows = f"{tuned.row_count:,} development rows"
    head = [
        f"Found by: {tuned.command}",
        f"Study {tuned.study_name}: {tuned.trial_count} trials on five pooled folds of {rows}.",
        "Figures of five other folds than those of the search; gains over the recipe in force:",
        *(f"  {format_recipe_comparison(comparison)}" for comparison in comparisons),
    ]
    values = [
        f"{name} = {_format_toml_value(value)}"
        for name, value in describe_recipe(tuned.recipe).items()
        if value is not None
    ]
    return "\n".join([*(f"# {escape_unprintable(line)}" for line in head), "[recipe]", *values, ""])


def _format_toml_value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        pairs = (f"{name} = {_format_toml_value(own)}" for name, own in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        parts = [_format_toml_value(part) for part in value]
        if any(isinstance(part, dict) for part in value):  # a line for each member of a blend
            return "[\n" + "".join(f"  {part},\n" for part in parts) + "]"
        return f"[{', '.join(parts)}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
