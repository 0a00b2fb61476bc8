import sqlite3

import pytest

from credit_default.adapters.optuna.study import open_study
from credit_default.errors import InputError, ServiceError
from credit_default.model.estimator.search_space import SearchParameter

CHOICES = (
    SearchParameter("criterion", ("entropy", "gini")),
    SearchParameter("maximum_depth", (4, 6, 8, 10, 12)),
)


def open_here(folder, name="here", *, seed=1, startup_trial_count=3):
    return open_study(
        folder / "studies.db",
        name,
        choices=CHOICES,
        seed=seed,
        startup_trial_count=startup_trial_count,
        kept_share=0.5,
    )


def lose(values):
    return abs(values["maximum_depth"] - 8) + (values["criterion"] == "gini")


def run(study, count):
    ended = []
    for _ in range(count):
        trial = study.begin()
        ended.append(trial.finish(lose(trial.values), figures={"roc_auc": 0.7}))
    return ended


def test_trials_are_recorded_with_values_loss_and_figures(tmp_path):
    with open_here(tmp_path) as study:
        ended = run(study, 2)
    with open_here(tmp_path) as study:
        assert list(study.list_trials()) == ended

    assert [trial.ending for trial in ended] == ["finished", "finished"]
    assert ended[0].figures == {"roc_auc": 0.7}
    for trial in ended:
        assert trial.values["criterion"] in {"entropy", "gini"}
        assert trial.values["maximum_depth"] in {4, 6, 8, 10, 12}


def test_an_interrupted_search_proposes_what_an_uninterrupted_one_does(tmp_path):
    with open_here(tmp_path, "whole") as study:
        whole = run(study, 7)
    pieces = []
    for count in (2, 1, 4):
        with open_here(tmp_path, "pieces") as study:
            pieces += run(study, count)

    assert [trial.values for trial in pieces] == [trial.values for trial in whole]


def test_another_seed_searches_elsewhere(tmp_path):
    found = []
    for seed in (1, 2):
        with open_here(tmp_path, f"seed {seed}", seed=seed) as study:
            found.append([trial.values for trial in run(study, 6)])

    assert found[0] != found[1]


def test_an_interrupted_trial_does_not_count(tmp_path):
    with open_here(tmp_path, "cut") as study:
        run(study, 2)
        study.begin().report(0.5, fold=0)
    with open_here(tmp_path, "cut") as study:
        assert len(study.list_trials()) == 2
        run(study, 3)
        cut = study.list_trials()
    with open_here(tmp_path, "whole") as study:
        whole = run(study, 5)

    assert [trial.values for trial in cut] == [trial.values for trial in whole]


def test_a_trial_far_behind_is_given_up_and_keeps_its_loss(tmp_path):
    with open_here(tmp_path, startup_trial_count=3) as study:
        for _ in range(3):
            trial = study.begin()
            assert not trial.report(0.4, fold=0)
            trial.finish(0.4, figures={})

        behind = study.begin()
        assert behind.report(0.9, fold=0)
        ended = behind.give_up(0.9)

        assert (ended.ending, ended.loss) == ("given up", 0.9)
        assert study.list_trials()[-1] == ended


def test_a_trial_as_good_as_the_best_goes_on(tmp_path):
    with open_here(tmp_path, startup_trial_count=2) as study:
        for loss in (0.4, 0.6):
            trial = study.begin()
            trial.report(loss, fold=0)
            trial.finish(loss, figures={})

        assert not study.begin().report(0.4, fold=0)


def test_a_second_search_in_the_same_file_is_refused_while_the_first_is_running(tmp_path):
    with (
        open_here(tmp_path),
        pytest.raises(InputError, match="another `tune` at work"),
        open_here(tmp_path, "other"),
    ):
        pass
    with open_here(tmp_path, "other") as study:
        assert study.list_trials() == ()


def test_a_file_that_is_not_a_database_is_a_service_error(tmp_path):
    (tmp_path / "studies.db").write_bytes(
        b"not a database at all, but long enough to be read as one" * 40
    )

    with pytest.raises(ServiceError, match="Optuna's database"), open_here(tmp_path):
        pass


def test_studies_of_one_file_are_independent(tmp_path):
    for name in ("one", "other"):
        with open_here(tmp_path, name) as study:
            run(study, 1)
    with open_here(tmp_path, "one") as study:
        assert len(study.list_trials()) == 1

    with sqlite3.connect(tmp_path / "studies.db") as database:
        assert database.execute("SELECT count(*) FROM studies").fetchone() == (2,)
    database.close()


@pytest.mark.parametrize("name", ["My Lake", "what? %20", "{} {SCHEMA_VERSION}", "#[x]*\\ä"])
def test_the_study_is_in_the_file_of_exactly_that_folder(name, tmp_path):
    (tmp_path / name).mkdir()

    with open_here(tmp_path / name) as study:
        run(study, 1)

    assert {path.name for path in (tmp_path / name).iterdir()} == {"studies.db", "studies.lock"}
    assert [path.name for path in tmp_path.iterdir()] == [name]
