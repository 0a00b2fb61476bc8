"""Summarise a search for the end of the command `tune`."""

from collections.abc import Sequence
from pathlib import Path

from credit_default.services.context.data_origin import describe_origin
from credit_default.services.tuning.comparison import TUNED
from credit_default.services.tuning.tune import TuningResult
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.tuning import RecipeComparison, format_recipe_comparison


def summarise_tuning(tuning: TuningResult, path: Path | None, *, listed: bool) -> Summary:
    """Return the summary of the search.

    Args:
        tuning: The result of the search.
        path: The recipe file that was written; None where none was.
        listed: Whether each comparison is listed, as figures and as a note.
    """
    winner = next((found for found in tuning.comparisons if found.name == TUNED), None)
    figures = {"trials": float(len(tuning.trials))}
    if listed:
        figures |= _list_comparison_figures(tuning.comparisons)
    if winner is not None:
        figures |= _list_gain_figures(winner)
    notes = tuple(map(format_recipe_comparison, tuning.comparisons)) if listed else ()
    return Summary(
        "tune",
        _describe_status(winner),
        run_id=tuning.run_id,
        counts={"development side": tuning.row_count},
        figures=figures,
        paths={"config": str(path)} if path else {},
        notes=(*describe_origin(tuning.data_origin), *notes),
    )


def _list_comparison_figures(comparisons: Sequence[RecipeComparison]) -> dict[str, float]:
    return {
        f"{metric}, {comparison.name}": value
        for comparison in comparisons
        for metric, value in comparison.figures.items()
    }


def _list_gain_figures(winner: RecipeComparison) -> dict[str, float]:
    """Return the winner's gains with the ends of their intervals."""
    figures: dict[str, float] = {}
    for name in ("roc_auc", "log_loss"):
        gain = winner.gains[name]
        figures |= {
            f"{name} gain": gain.gain,
            f"{name} gain, low": gain.low,
            f"{name} gain, high": gain.high,
        }
    return figures


def _describe_status(winner: RecipeComparison | None) -> str:
    if winner is None:
        return "kept the recipe in force"
    if winner.result == "a tie":
        return "found a recipe that ties with the one in force"
    return f"found a recipe: {winner.result} than the one in force"
