import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.errors import InputError, RefusedError
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.services.training.cross_validation import cross_validate_recipe
from credit_default.services.training.training_rows import TrainingRows, read_training_rows
from credit_default.services.tuning.trials import Budget, choose_winner, open_search, run_trials

SPACE = {
    "criterion": ("entropy",),
    "maximum_depth": (1, 3, 5),
    "leaf_row_count": (10, 60),
    "column_share": (0.1, 0.3),
    "row_share": (0.5,),
    "startup_trial_count": 2,
}
NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
FEW = {"tree_count": 2, "maximum_depth": 2}


class Clock:
    """A clock that moves on a minute each time it is read."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        self.seconds += 60
        return self.seconds


@pytest.fixture
def training(month_rows):
    return TrainingRows(month_rows.head(600), (), "simulated", 0, ())


@pytest.fixture
def wire_search(make_wiring):
    return lambda **settings: make_wiring(**{"recipe": FEW, "search": SPACE, **settings})


def run(wiring, training, *, trial_count=None, seconds=None):
    search = open_search(wiring, training)
    *_, trials = run_trials(wiring, search, budget=Budget(trial_count, seconds), clock=Clock())
    return search, trials


def test_same_rows_seed_and_trials_give_the_same_winner(wire_search, training, tmp_path):
    found = []
    for name in ("one", "other"):
        wiring = wire_search(root=tmp_path / name)
        search, trials = run(wiring, training, trial_count=3)
        found.append(
            ([(t.values, t.ending, t.loss) for t in trials], choose_winner(wiring, search, trials))
        )

    assert found[0] == found[1]
    assert len(found[0][0]) == 3


def test_search_goes_on_where_it_was_and_what_is_done_is_not_done_again(wire_search, training):
    wiring = wire_search()
    _, first = run(wiring, training, trial_count=2)

    search = open_search(wiring, training)
    steps = list(run_trials(wiring, search, budget=Budget(3), clock=Clock()))
    _, again = run(wiring, training, trial_count=3)

    assert [len(step) for step in steps] == [2, 3]
    assert steps[0] == first
    assert again == steps[1]


def test_interrupted_search_keeps_what_ended_and_goes_on_as_if_nothing_had_been(
    wire_search, training, tmp_path
):
    def interrupt(wiring):
        search = open_search(wiring, training)
        for trials in run_trials(wiring, search, budget=Budget(4), clock=Clock()):
            if len(trials) == 2:
                raise KeyboardInterrupt

    cut, whole = wire_search(root=tmp_path / "cut"), wire_search(root=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        interrupt(cut)

    _, resumed = run(cut, training, trial_count=4)
    _, straight = run(whole, training, trial_count=4)

    assert [(t.values, t.loss) for t in resumed] == [(t.values, t.loss) for t in straight]


def test_no_trial_begins_after_the_minutes_are_over(wire_search, training):
    _, trials = run(wire_search(), training, seconds=150.0)

    assert len(trials) == 2


def test_folds_kept_from_earlier_change_neither_losses_nor_endings(wire_search, training, tmp_path):
    wiring = wire_search()
    _, first = run(wiring, training, trial_count=4)
    (tmp_path / "lake" / "studies.db").unlink()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache" / "folds").iterdir()}

    _, again = run(wiring, training, trial_count=4)

    assert [(t.values, t.ending, t.loss) for t in again] == [
        (t.values, t.ending, t.loss) for t in first
    ]
    assert {
        path: path.stat().st_mtime_ns for path in (tmp_path / "cache" / "folds").iterdir()
    } == kept


def test_folds_of_a_trial_are_those_that_a_training_with_its_recipe_looks_up(
    wire_search, training, tmp_path
):
    wiring = wire_search()
    search, (trial, *_) = run(wiring, training, trial_count=1)
    kept = set((tmp_path / "cache" / "folds").iterdir())

    folds = cross_validate_recipe(wiring, Recipe(**{**FEW, **trial.values}), search.rows, seed=0)

    assert set((tmp_path / "cache" / "folds").iterdir()) == kept
    assert np.isfinite(folds.default_probability).all()


def test_test_side_is_never_read(wire_search, training, tmp_path):
    straight = wire_search(root=tmp_path / "one")
    search, trials = run(straight, training, trial_count=2)
    seen = pl.col("client_id").is_in(search.rows["client_id"].implode())
    spoiled = training.rows.with_columns(
        defaulted=pl.when(seen).then("defaulted").otherwise(1 - pl.col("defaulted"))
    )

    other, others = run(
        wire_search(root=tmp_path / "other"), replace(training, rows=spoiled), trial_count=2
    )

    assert search.rows.height < training.rows.height
    assert other.name == search.name
    assert [t.loss for t in others] == [t.loss for t in trials]


def test_recipe_in_force_keeps_its_place_when_nothing_beats_it(wire_search, training):
    wiring = wire_search()
    search = open_search(wiring, training)

    assert choose_winner(wiring, search, ()) == wiring.settings.recipe


def test_winner_differs_from_the_recipe_in_force_in_what_was_searched_alone(wire_search, training):
    wiring = wire_search(
        recipe={"tree_count": 2, "maximum_depth": 1, "leaf_row_count": 250, "seed": 9}
    )
    search, trials = run(wiring, training, trial_count=3)

    winner = choose_winner(wiring, search, trials)

    best = min((t for t in trials if t.ending == "finished"), key=lambda t: t.loss)
    assert winner == Recipe(**{"tree_count": 2, "seed": 9, **best.values})


def test_figure_too_good_to_be_true_ends_a_search_on_the_public_data_alone(wire_search, training):
    search = open_search(wire_search(), training)
    search.check_leak_ceiling(0.9, thing="trial 1")  # of a simulated portfolio nothing is known

    public = replace(search, is_public=True, rows=pl.DataFrame({"row": range(24_000)}))
    with pytest.raises(RefusedError, match="trial 1"):
        public.check_leak_ceiling(0.9, thing="trial 1")


def test_public_data_are_known_by_their_content(wire_search, real_data):
    wiring = wire_search(data=str(real_data))
    whole = read_training_rows(wiring, month=None, read_at=NOON)

    assert open_search(wiring, whole).is_public
    assert not open_search(wiring, replace(whole, rows=whole.rows.head(29_999))).is_public


@pytest.mark.parametrize(
    "wrong", [{}, {"trial_count": 0}, {"seconds": float("nan")}, {"seconds": -1.0}]
)
def test_budget_that_never_ends_or_never_begins_is_refused(wrong):
    with pytest.raises(InputError, match="budget of a search"):
        Budget(**wrong)
