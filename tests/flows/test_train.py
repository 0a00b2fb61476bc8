import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import list_snapshots
from credit_default.errors import InputError
from credit_default.flows.runs.context import connect
from credit_default.flows.train import train
from credit_default.services.assessment.stored_card import read_card
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.views.documents.document import Table

pytestmark = pytest.mark.xdist_group("prefect")

NOON = dt.datetime(2006, 2, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def lake(tmp_path_factory, make_lake):
    return make_lake(tmp_path_factory.mktemp("train") / "lake")


@pytest.fixture(scope="module")
def overrides(small_settings, simulated_files, lake):
    return {**small_settings, "lake": lake, "data": str(simulated_files.training)}


@pytest.fixture(scope="module")
def first(prefect_server, overrides):
    return train(overrides=overrides, cross_validated=True, return_state=True)


def read_run(overrides, run_id):
    return connect(overrides, []).tracking.client.get_run(run_id)


def test_first_model_that_clears_the_floors_is_promoted(first, overrides):
    summary = first.result()

    champion = connect(overrides, []).registry.find_champion()

    assert (first.name, first.type.value, summary.status) == ("Promoted", "COMPLETED", "promoted")
    assert champion.number == summary.model_version
    assert champion.tags["verdict"] == "promotion: ok"


def test_run_holds_parameters_metrics_datasets_pictures_and_origin(first, overrides):
    run_id = first.result().run_id
    run = read_run(overrides, run_id)

    pictures = {
        f.path for f in connect(overrides, []).tracking.client.list_artifacts(run_id, "figures")
    }

    assert run.info.status == "FINISHED"
    assert run.data.params["recipe.tree_count"] == "10"
    assert {"accuracy", "f1", "roc_auc", "brier", "roc_auc_low", "cv_roc_auc", "cv_brier"} <= set(
        run.data.metrics
    )
    assert run.data.tags["data_origin"] == "simulated"
    assert run.data.tags["git_commit"]
    assert {i.dataset.name for i in run.inputs.dataset_inputs} >= {"test-side"}
    assert {
        f"figures/{name}.png" for name in ("roc", "calibration", "confusion", "cost", "importance")
    } <= pictures


def test_summary_says_that_data_are_simulated(first):
    assert any("SIMULATED" in note for note in first.result().notes)


def test_every_run_leaves_one_artifact_in_the_prefect_api(first):
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.request(
            "POST", "/artifacts/filter", json={"artifacts": {"key": {"any_": ["train-summary"]}}}
        )

    texts = [artifact["data"] for artifact in found.json()]
    assert any("**promotion: ok**" in text and "**Simulated data**" in text for text in texts)


def test_same_rows_again_give_the_same_digest_and_keep_the_champion(first, overrides):
    state = train(overrides=overrides, return_state=True)

    assert state.name == "ChampionKept"
    assert state.result().paths["digest"] == first.result().paths["digest"]
    assert "nothing to judge" in state.result().verdicts[-1].reasons[0]


@pytest.mark.nightly
def test_new_recipe_is_judged_out_of_fold(first, overrides):
    stumps = {**overrides, "recipe": {"tree_count": 10, "maximum_depth": 1}}

    state = train(overrides=stumps, return_state=True)

    verdict = state.result().verdicts[-1]
    assert state.name == "ChampionKept"
    assert "out of fold" in verdict.reasons[0]
    assert verdict.figures["log_loss_gain"] < 0


@pytest.mark.nightly
def test_winner_waits_for_two_people_where_the_settings_say_so(
    prefect_server, overrides, make_lake, tmp_path
):
    own = {
        **overrides,
        "lake": make_lake(tmp_path / "lake"),
        "promotion": {"approval": "second-person"},
    }

    state = train(overrides=own, return_state=True)

    summary = state.result()
    assert (state.name, summary.status, summary.exit_code) == (
        "ApprovalRequested",
        "approval requested",
        0,
    )
    assert summary.verdicts[-1].level == "ok"
    assert connect(own, []).registry.find_champion() is None
    newest = connect(own, []).registry.list_versions()[0]
    assert (newest.number, newest.aliases) == (summary.model_version, ("challenger",))


@pytest.mark.nightly
def test_other_costs_with_the_same_forest_are_left_to_a_person(first, overrides):
    dearer = {**overrides, "decision": {"missed_default_cost": 20.0}}

    verdict = train(overrides=dearer, return_state=True).result().verdicts[-1]

    [reason] = verdict.reasons
    assert verdict.level == "refused"
    assert reason == (
        "champion stays: only the decision policy differs: people decide what errors cost, by "
        "`models promote`"
    )


def test_real_clients_leave_no_trace_in_a_lake_of_simulated_ones(
    first, overrides, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.training, infer_schema=False)
    rows.with_columns(pl.col("client_id").str.replace("SIM-", "")).write_csv(tmp_path / "real.csv")
    wiring = connect(overrides, [])
    before = [s.digest for s in list_snapshots(wiring.lake)], len(wiring.registry.list_versions())

    state = train(overrides={**overrides, "data": str(tmp_path / "real.csv")}, return_state=True)

    with pytest.raises(InputError, match="real clients"):
        state.result()
    assert (
        [s.digest for s in list_snapshots(wiring.lake)],
        len(wiring.registry.list_versions()),
    ) == before


def test_first_model_below_the_floors_leaves_no_champion_and_says_so(
    prefect_server, overrides, simulated_files, make_lake, tmp_path
):
    pl.read_csv(simulated_files.training, infer_schema=False).head(400).write_csv(
        tmp_path / "few.csv"
    )
    lake, data = make_lake(tmp_path / "lake"), str(tmp_path / "few.csv")
    few = {**overrides, "lake": lake, "data": data}

    summary = train(overrides=few, return_state=True).result()

    assert (summary.status, summary.exit_code) == ("refused, and there is no champion yet", 1)


def test_file_that_is_not_there_fails_the_run_and_is_seen_to_fail(prefect_server, overrides):
    state = train(overrides={**overrides, "data": "nowhere.csv"}, return_state=True)

    assert state.is_failed()
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        state.result()


def test_refresh_without_anything_known_is_refused(prefect_server, small_settings, tmp_path):
    state = train(
        overrides={**small_settings, "lake": str(tmp_path / "empty")},
        refresh=True,
        return_state=True,
    )

    with pytest.raises(InputError, match="no statements with known outcomes"):
        state.result()


def write_half_arrived(outcomes, path):
    """All defaulters and half of the payers: how outcomes look while they arrive."""
    rows = pl.read_csv(outcomes)
    payers = rows.filter(defaulted=0)
    pl.concat([rows.filter(defaulted=1), payers.head(payers.height // 2)]).write_csv(path)
    return str(path)


def list_months(card):
    """Month, whether it was used, and its state, as the card's table of outcomes has them."""
    tables = [
        block
        for section in card.sections
        for block in section.blocks
        if isinstance(block, Table) and block.heading == ("month", "used", "outcomes")
    ]
    return [(month, used, told.split(":")[0]) for month, used, told in tables[0].rows]


def test_month_with_half_arrived_outcomes_trains_no_model_until_the_others_came(
    prefect_server, small_settings, simulated_files, make_lake, tmp_path
):
    own = {**small_settings, "lake": make_lake(tmp_path / "lake")}
    wiring = connect(own, [])
    for file in (simulated_files.training, simulated_files.batch):
        ingest_file(wiring, str(file), month=None, corrects=None, kept_at=NOON)
    half = write_half_arrived(simulated_files.outcomes, tmp_path / "half.csv")
    found = []
    for outcomes in (half, str(simulated_files.outcomes)):
        ingest_outcomes_file(wiring, outcomes, taken_in_at=NOON)
        summary = train(overrides=own, refresh=True, return_state=True).result()
        version = wiring.registry.find_version(summary.model_version)
        found.append((summary, list_months(read_card(wiring, version, now=NOON))))

    (early, early_months), (late, late_months) = found
    assert any(note.startswith("month 2005-10 left out: ") for note in early.notes)
    assert early_months == [("2005-09", "yes", "complete"), ("2005-10", "no", "partial")]
    assert not any("left out" in note for note in late.notes)
    assert late_months == [("2005-09", "yes", "complete"), ("2005-10", "yes", "complete")]


def test_lake_with_nothing_but_half_arrived_outcomes_is_refused_and_says_what_to_do(
    prefect_server, small_settings, simulated_files, tmp_path
):
    own = {**small_settings, "lake": str(tmp_path / "lake")}
    wiring = connect(own, [])
    ingest_file(wiring, str(simulated_files.batch), month=None, corrects=None, kept_at=NOON)
    half = write_half_arrived(simulated_files.outcomes, tmp_path / "half.csv")
    ingest_outcomes_file(wiring, half, taken_in_at=NOON)

    state = train(overrides=own, refresh=True, return_state=True)

    with pytest.raises(InputError, match="no month whose outcomes are complete") as error:
        state.result()
    assert "`credit-default outcomes FILE`" in error.value.remedy
