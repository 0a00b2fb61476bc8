import tomllib

from credit_default.model.estimator.recipe_pipeline import Recipe, parse_recipe
from credit_default.settings import load_settings
from credit_default.views.exports.recipe_toml import TunedRecipe, render_recipe_toml
from credit_default.views.terminal.tuning import RecipeComparison

STANDING = RecipeComparison(
    "recipe in force",
    {
        "roc_auc": 0.788,
        "average_precision": 0.5612,
        "brier": 0.1331,
        "log_loss": 0.4241,
        "ece": 0.0057,
    },
    {},
)


def write(recipe, *, command="credit-default tune --trials 3"):
    return render_recipe_toml(
        TunedRecipe(recipe, "0123456789abcdef", 3, 23_911, command), [STANDING]
    )


def test_file_is_a_configuration_that_gives_the_recipe_back(tmp_path):
    recipe = Recipe(
        criterion="gini", maximum_depth=11, column_share=0.18, include_protected=True, seed=4
    )
    path = tmp_path / "tuned.toml"
    path.write_text(write(recipe))

    assert load_settings(config_files=[str(path)], environment={}).settings.recipe == recipe


def test_file_gives_a_blend_back_with_its_members_and_weights(tmp_path):
    members = [{"family": "boosting", "learning_rate": 0.03}, "scorecard"]
    recipe = Recipe(family="blend", members=members, weights=[3, 1])
    path = tmp_path / "tuned.toml"
    path.write_text(write(recipe))

    assert load_settings(config_files=[str(path)], environment={}).settings.recipe == recipe


def test_bound_that_is_none_is_left_out():
    content = tomllib.loads(write(Recipe(maximum_depth=None)))["recipe"]

    assert "maximum_depth" not in content
    assert parse_recipe({**content, "maximum_depth": None}) == Recipe(maximum_depth=None)


def test_file_says_where_the_recipe_came_from():
    lines = write(Recipe()).splitlines()

    assert lines[0] == "# Found by: credit-default tune --trials 3"
    assert lines[1] == (
        "# Study 0123456789abcdef: 3 trials on five pooled folds of 23,911 development rows."
    )
    assert (
        lines[3]
        == "#   recipe in force: AUC 0.7880, AP 0.5612, Brier 0.1331, log loss 0.4241, ECE 0.0057"
    )


def test_line_break_in_a_command_does_not_leave_the_comment():
    content = write(Recipe(), command='tune --data "x\n[recipe]\ntree_count = 1"')

    assert tomllib.loads(content)["recipe"]["tree_count"] == 100
