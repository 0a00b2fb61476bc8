import shutil
import tomllib

import pytest

from credit_default.model.estimator.search_space import SearchPolicy, list_search_parameters
from credit_default.model.evaluation.reference_models import FAMILIES
from credit_default.services.training.training_rows import TrainingRows
from credit_default.services.tuning.trials import Budget
from credit_default.services.tuning.tune import Listener, tune
from credit_default.services.tuning.tuning_summary import summarise_tuning
from credit_default.services.tuning.winner_file import save_winner
from credit_default.settings import load_settings

SPACE = {
    "criterion": ("entropy",),
    "maximum_depth": (3, 5),
    "leaf_row_count": (10, 60),
    "column_share": (0.3,),
    "row_share": (0.5,),
    "startup_trial_count": 2,
}
POOR = {"tree_count": 2, "maximum_depth": 1, "leaf_row_count": 200}


class Listening:
    def __init__(self):
        self.trial_counts, self.comparisons = [], []

    @property
    def listener(self):
        return Listener(
            lambda trials: self.trial_counts.append(len(trials)), self.comparisons.append
        )


def start(make_wiring, mlflow_template, root, **settings):
    wiring = make_wiring(root, **{"recipe": POOR, "search": SPACE, **settings})
    if not (wiring.lake.home / "mlflow.db").exists():
        shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    return wiring


def run(wiring, rows, *, trial_count=2, with_families=False, listening=None):
    training = TrainingRows(rows, (), "simulated", 0, ())
    listener = (listening or Listening()).listener
    budget = Budget(trial_count)
    return tune(
        wiring,
        training,
        budget=budget,
        with_families=with_families,
        clock=lambda: 0.0,
        listener=listener,
    )


@pytest.fixture
def few_rows(month_rows):
    return month_rows.head(600)


@pytest.fixture
def wire_tuning(make_wiring, mlflow_template, tmp_path):
    return lambda root=tmp_path, **settings: start(make_wiring, mlflow_template, root, **settings)


def list_runs(wiring):
    client = wiring.tracking.client
    experiment = client.get_experiment_by_name("credit-default/tune")
    return {run.info.run_id: run for run in client.search_runs([experiment.experiment_id])}


def test_search_is_one_run_in_mlflow_with_a_run_below_it_for_each_trial_and_comparison(
    wire_tuning, few_rows
):
    wiring, listening = wire_tuning(), Listening()

    tuning = run(wiring, few_rows, with_families=True, listening=listening)

    runs = list_runs(wiring)
    parent = runs.pop(tuning.run_id)
    assert {below.data.tags["mlflow.parentRunId"] for below in runs.values()} == {tuning.run_id}
    named = {below.info.run_name: below for below in runs.values()}
    lines = ["recipe in force", "tuned recipe", *(family.name for family in FAMILIES)]
    assert set(named) == {"trial 0", "trial 1", *lines}
    assert named["trial 0"].data.metrics["loss"] == tuning.trials[0].loss
    assert named["trial 0"].data.metrics["roc_auc"] == tuning.trials[0].figures["roc_auc"]
    assert named["trial 0"].data.params["recipe.maximum_depth"] == str(
        tuning.trials[0].values["maximum_depth"]
    )
    assert parent.data.tags["study"] == tuning.study_name
    assert parent.data.params["winner.maximum_depth"] == str(tuning.winner.maximum_depth)
    assert [comparison.name for comparison in tuning.comparisons] == lines
    assert [comparison.name for comparison in listening.comparisons] == lines
    assert listening.trial_counts == [0, 1, 2]
    assert "log_loss_gain" in named["blend"].data.metrics
    assert "log_loss_gain" not in named["recipe in force"].data.metrics


def test_winner_becomes_a_file_that_training_takes(wire_tuning, few_rows, tmp_path):
    tuning = run(wire_tuning(), few_rows)
    path = tmp_path / "new" / "tuned.toml"

    assert save_winner(tuning, path, command="credit-default tune")

    assert tuning.is_new
    assert tomllib.loads(path.read_text())["recipe"]["maximum_depth"] == tuning.winner.maximum_depth
    assert tuning.study_name in path.read_text()


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(
            {
                "family": "blend",
                "members": [{"family": "boosting", "tree_count": 2}, "scorecard"],
                "weights": [1, 1],  # fitted ones would take six times the fits
            },
            marks=pytest.mark.nightly,
        ),
        pytest.param({"family": "boosting", "tree_count": 2}, marks=pytest.mark.nightly),
        pytest.param({"family": "extra-trees", **POOR}, marks=pytest.mark.nightly),
        {"family": "scorecard", "bin_count": 2},
    ],
    ids=lambda recipe: recipe["family"],
)
def test_each_family_is_searched_in_its_own_space_and_its_winner_is_a_recipe(
    recipe, wire_tuning, few_rows, tmp_path
):
    wiring = wire_tuning(recipe=recipe, search={"startup_trial_count": 2})

    tuning = run(wiring, few_rows)
    path = tmp_path / "tuned.toml"
    save_winner(tuning, path, command="credit-default tune")

    spaces = [trial.values.keys() for trial in tuning.trials]
    names = [choice.name for choice in list_search_parameters(SearchPolicy(), tuning.winner)]
    assert [[*space] for space in spaces] == [names, names]
    assert tuning.winner.family == recipe["family"]
    assert path.exists() == tuning.is_new
    if tuning.is_new:
        found = load_settings(config_files=[str(path)], environment={}).settings.recipe
        assert found == tuning.winner


def test_recipe_in_force_that_nothing_beats_writes_no_file(wire_tuning, few_rows, tmp_path):
    only_the_same = {
        **SPACE,
        "maximum_depth": (1,),
        "leaf_row_count": (200,),
        "column_share": (0.2,),
    }
    tuning = run(wire_tuning(search=only_the_same), few_rows)

    assert not save_winner(tuning, tmp_path / "tuned.toml", command="credit-default tune")

    assert not (tmp_path / "tuned.toml").exists()
    summary = summarise_tuning(tuning, None, listed=False)
    assert summary.status == "kept the recipe in force"
    assert summary.paths == {}


def test_trials_of_an_earlier_call_are_not_recorded_again(wire_tuning, few_rows):
    wiring = wire_tuning()
    first = run(wiring, few_rows, trial_count=1)

    second = run(wiring, few_rows, trial_count=2)

    assert second.trials[:1] == first.trials
    trials = [
        found.info.run_name
        for found in list_runs(wiring).values()
        if found.info.run_name.startswith("trial")
    ]
    assert sorted(trials) == ["trial 0", "trial 1"]


def test_summary_lists_every_comparison_when_there_is_no_table(wire_tuning, few_rows, tmp_path):
    tuning = run(wire_tuning(), few_rows)

    summary = summarise_tuning(tuning, tmp_path / "tuned.toml", listed=True)

    assert summary.figures["trials"] == 2
    assert summary.figures["roc_auc gain"] == tuning.comparisons[1].gains["roc_auc"].gain
    assert summary.figures["roc_auc, recipe in force"] == tuning.comparisons[0].figures["roc_auc"]
    assert summary.notes[0].startswith("SIMULATED data")
    assert summary.notes[1].startswith("recipe in force: AUC ")
    assert summary.paths == {"config": str(tmp_path / "tuned.toml")}
