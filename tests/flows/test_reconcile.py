import shutil

import polars as pl
import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.failpoints import armed_failpoint
from credit_default.flows.predict import predict
from credit_default.flows.reconcile import reconcile
from credit_default.flows.train import train

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

AWAY = {"tracking_uri": "http://127.0.0.1:9", "wait_seconds": 0.2}


@pytest.fixture
def overrides(untouched, tmp_path):
    """A lake of its own with a champion; a run that scored a batch is given no time to record it."""
    lake = shutil.copytree(
        untouched["lake"],
        tmp_path / "lake",
        ignore=shutil.ignore_patterns("prefect", "mlartifacts"),
    )
    return {
        **untouched,
        "lake": str(lake),
        "reconcile": {"silence_seconds": 1e-6, "look_back_days": 1},
    }


def run(flow, **parameters):
    state = flow(**parameters, return_state=True)
    return state.name, state.result()


def test_batch_scored_while_mlflow_was_away_is_recorded_when_it_is_back_and_then_nothing_is_left(
    overrides, simulated_files, tmp_path
):
    batch = tmp_path / "batch.csv"  # that no other test has scored in the lake that is shared
    pl.read_csv(simulated_files.drifted, infer_schema=False).slice(123, 77).write_csv(batch)
    run(reconcile, overrides=overrides)
    scored_name, scored = run(predict, batch=str(batch), overrides={**overrides, "mlflow": AWAY})
    held_name, held = run(reconcile, overrides={**overrides, "mlflow": AWAY})
    mended_name, mended = run(reconcile, overrides=overrides)
    again_name, again = run(reconcile, overrides=overrides)

    assert (scored_name, scored.find_verdict("mlflow").level) == ("Scored", "watch")
    assert (held_name, held.exit_code, held.status) == (
        "PartlyReconciled",
        3,
        "nothing to do; mlflow unavailable",
    )
    assert (mended_name, mended.figures) == ("Reconciled", {"records added": 1.0})
    assert mended.notes == (f"recorded batch {scored.batch_id}, version 1",)
    assert (again_name, again.status, again.notes) == ("NothingToDo", "nothing to do", ())


@pytest.mark.nightly
def test_card_of_a_training_that_died_at_its_promotion_is_drawn(
    small_settings, simulated_files, make_lake, tmp_path
):
    def die():
        raise RuntimeError

    own = {
        **small_settings,
        "lake": make_lake(tmp_path / "lake"),
        "data": str(simulated_files.training),
        "reconcile": {"silence_seconds": 1e-6},
    }
    with armed_failpoint("promote.alias-moved", die):
        died = train(overrides=own, return_state=True)

    _, mended = run(reconcile, overrides=own)
    _, again = run(reconcile, overrides=own)

    assert died.is_failed()
    assert "drew the card of version 1" in mended.notes
    assert "put on record: version 1 promoted" in mended.notes
    assert again.notes == ()


def test_champion_change_that_was_not_announced_is_announced(overrides):
    run(reconcile, overrides=overrides)
    open_lake(overrides["lake"]).storage.delete_object("champion/told-move")

    name, mended = run(reconcile, overrides=overrides)

    assert (name, mended.notes) == ("Reconciled", ("announced: version 1 promoted",))
