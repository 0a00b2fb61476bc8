import pytest
from rich.console import Console

from credit_default.gates.promotion.paired_gains import Gain
from credit_default.views.terminal.tuning import (
    RecipeComparison,
    format_recipe_comparison,
    render_recipe_comparisons,
)

FIGURES = {
    "roc_auc": 0.788,
    "average_precision": 0.5612,
    "brier": 0.1331,
    "log_loss": 0.4241,
    "ece": 0.0057,
}


def gains(*, low, high):
    middle = (low + high) / 2
    return {
        name: Gain(name, 0.4, 0.4 + middle, middle, low, high, 0.001)
        for name in ("roc_auc", "log_loss")
    }


IN_FORCE = RecipeComparison("recipe in force", FIGURES, {})
BLEND = RecipeComparison("blend", {**FIGURES, "roc_auc": 0.7905}, gains(low=0.0005, high=0.0019))


def draw(standings):
    console = Console(width=80)
    with console.capture() as captured:
        console.print(render_recipe_comparisons(standings))
    return captured.get()


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.001, 0.002, "better"), (-0.002, -0.001, "worse"), (-0.001, 0.001, "a tie")],
)
def test_result_is_better_or_worse_only_beyond_noise(low, high, word):
    assert RecipeComparison("tuned recipe", FIGURES, gains(low=low, high=high)).result == word


def test_recipe_in_force_is_not_compared_with_itself():
    assert IN_FORCE.result == ""
    assert (
        format_recipe_comparison(IN_FORCE)
        == "recipe in force: AUC 0.7880, AP 0.5612, Brier 0.1331, log loss 0.4241, ECE 0.0057"
    )


def test_tables_fit_a_terminal_of_eighty_columns_with_every_figure_in_full():
    drawn = draw([IN_FORCE, BLEND])

    assert "0.7905" in drawn
    assert "+0.0012 (+0.0005 to +0.0019)" in drawn
    assert "better" in drawn
    assert "…" not in drawn


def test_gains_are_left_out_where_there_is_nothing_to_compare():
    assert "gain" not in draw([IN_FORCE])


def test_name_of_a_stranger_stays_text():
    drawn = draw([RecipeComparison("[red]x\x1b[2J", FIGURES, {})])

    assert "[red]x\\x1b[2J" in drawn
