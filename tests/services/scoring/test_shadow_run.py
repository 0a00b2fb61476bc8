"""Other versions score a batch in the shadow: once, within a budget, and without any effect on the batch."""

import datetime as dt
import shutil
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from credit_default.adapters.delta.commits import replace_rows
from credit_default.adapters.delta.table import find_delta_table
from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import read_scores
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.shadow_scores import list_shadow_months, read_shadow_scores
from credit_default.failpoints import armed_failpoint
from credit_default.gates.ledger.batch_events import ShadowFailed, ShadowScored
from credit_default.gates.ledger.event_format import select_events
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.audit.erasure import forget_client
from credit_default.services.audit.replay import verify_lake
from credit_default.services.champion.versions import promote_by_hand
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.shadow_run import (
    add_shadow_scores,
    score_in_shadow,
)
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.register_and_promote import register_challenger
from credit_default.services.training.training_rows import split_rows
from credit_default.views.summaries.summary import Summary

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)

pytestmark = pytest.mark.xdist_group("mlflow")


@pytest.fixture
def wired(two_versions, tmp_path, make_wiring):
    """A copy of the lake with version 1 as champion and version 2 as challenger."""
    shutil.copytree(two_versions, tmp_path / "lake")
    return lambda **shadow: make_wiring(tmp_path, shadow=shadow)


@pytest.fixture
def predict(tmp_path):
    """Scores rows of a month with the champion; returns the batch_id."""

    def score(wiring, rows, name="batch.csv"):
        rows.drop("defaulted", strict=False).write_csv(tmp_path / name)
        checked = check_file(wiring, str(tmp_path / name), month=None, outcome="ignored")
        return score_file(wiring, checked, load_champion(wiring, checked), scored_at=NOON).batch_id

    return score


@pytest.fixture
def rows(known_rows):
    return known_rows.filter(statement_month="2005-10").head(300)


def run_shadow(wiring, batch_id, *, champion=1, clock=lambda: NOON):
    return score_in_shadow(wiring, batch_id, champion=champion, clock=clock)


def register_another(wiring, champion_lake, **recipe):
    """Registers a version with this recipe; returns its number."""
    own = type(wiring)(
        wiring.settings.model_copy(
            update={"recipe": type(wiring.settings.recipe)(**({"tree_count": 8} | recipe))}
        ),
        wiring.portfolio,
        wiring.lake,
        wiring.commit,
    )
    challenger = fit_challenger(
        own, champion_lake.training, split_rows(own, champion_lake.training)
    )
    registered = register_challenger(own, champion_lake.training, challenger, None, trained_at=NOON)
    return registered.version.number


def test_challenger_scores_the_batch_with_its_own_probabilities_and_decides_nothing(
    wired, predict, rows
):
    wiring = wired()
    batch_id = predict(wiring, rows)
    before = read_scores(wiring.lake, batch_id=batch_id)

    run = run_shadow(wiring, batch_id)

    shadow = read_shadow_scores(wiring.lake, batch_id=batch_id)
    bundle = wiring.registry.load_version(wiring.registry.find_version(2))
    expected = dict(zip(rows["client_id"], score_probability(bundle, rows), strict=True))
    assert dict(shadow.select("client_id", "default_probability").iter_rows()) == expected
    assert run.scored_counts == {2: 300}
    assert "decision" not in shadow.columns
    assert read_scores(wiring.lake, batch_id=batch_id).equals(before)


def test_a_batch_is_scored_once_by_each_version_however_often_and_by_whoever(wired, predict, rows):
    wiring = wired()
    batch_id = predict(wiring, rows)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: run_shadow(wiring, batch_id), range(3)))
    again = run_shadow(wiring, batch_id)

    assert again.scored_counts == {2: 300}
    assert read_shadow_scores(wiring.lake, batch_id=batch_id).height == 300
    recorded = list(select_events(read_entries(wiring.lake), ShadowScored))
    assert [(r.entry.model_version, r.event.scored_count) for r in recorded] == [(2, 300)]


@pytest.mark.parametrize("where", ["shadow.scored", "shadow.recorded"])
def test_a_run_that_died_on_the_way_is_completed_by_the_next(wired, predict, rows, where):
    wiring = wired()
    batch_id = predict(wiring, rows)

    def die():
        raise KeyboardInterrupt

    with armed_failpoint(where, die), pytest.raises(KeyboardInterrupt):
        run_shadow(wiring, batch_id)
    run_shadow(wiring, batch_id)

    assert read_shadow_scores(wiring.lake, batch_id=batch_id).height == 300
    assert len(list(select_events(read_entries(wiring.lake), ShadowScored))) == 1


def test_the_newest_challengers_score_up_to_their_number(wired, predict, rows, champion_lake):
    wiring = wired(newest_versions=2)
    third, fourth = (register_another(wiring, champion_lake, maximum_depth=d) for d in (3, 4))
    batch_id = predict(wiring, rows)

    assert set(run_shadow(wiring, batch_id).scored_counts) == {third, fourth}


def test_a_challenger_refused_for_its_structure_is_passed_over_for_the_next_one(
    wired, predict, rows, champion_lake
):
    wiring = wired(newest_versions=1)
    register_another(wiring, champion_lake, include_protected=True)  # uses what the schema protects
    schema = wiring.portfolio.schema
    batch_id = predict(wiring, rows)
    # under a schema of another version neither that challenger nor version 2 is sound
    other = type(schema)(
        name=schema.name, version="0", columns=schema.columns, outcome=schema.outcome
    )
    refused = type(wiring)(
        wiring.settings,
        type(wiring.portfolio)(other, wiring.portfolio.features),
        wiring.lake,
        wiring.commit,
    )

    assert run_shadow(refused, batch_id).scored_counts == {}
    assert read_shadow_scores(wiring.lake, batch_id=batch_id).is_empty()
    assert set(run_shadow(wiring, batch_id).scored_counts) == {3}


def test_of_a_long_batch_every_version_scores_the_same_sample(wired, predict, rows, champion_lake):
    wiring = wired(row_limit=100)
    register_another(wiring, champion_lake)
    first = predict(wiring, rows)
    second = predict(wiring, rows.reverse(), name="reversed.csv")

    run_shadow(wiring, first)
    run_shadow(wiring, second)

    taken = [
        frame["client_id"].sort().to_list()
        for batch_id in (first, second)
        for _, frame in read_shadow_scores(wiring.lake, batch_id=batch_id).group_by("model_version")
    ]
    assert len(taken) == 4
    assert all(clients == taken[0] for clients in taken)
    assert 70 <= len(taken[0]) <= 130


def test_no_version_is_begun_once_the_time_is_used_up_and_the_next_run_does_the_rest(
    wired, predict, rows, champion_lake
):
    wiring = wired(seconds=5)
    third = register_another(wiring, champion_lake)
    batch_id = predict(wiring, rows)
    times = iter(NOON + dt.timedelta(seconds=4 * step) for step in range(20))

    scored = Summary("predict", "scored", batch_id=batch_id, model_version=1)
    summary = add_shadow_scores(wiring, scored, clock=lambda: next(times))

    (reason,) = summary.find_verdict("shadow").reasons
    assert reason.startswith("not scored in the shadow by version 2, as shadow.seconds")
    assert set(run_shadow(wiring, batch_id).scored_counts) == {2, third}


def test_nothing_is_scored_in_the_shadow_where_it_is_turned_off(wired, predict, rows):
    wiring = wired(newest_versions=0, former_months=0)
    batch_id = predict(wiring, rows)
    scored = Summary("predict", "scored", batch_id=batch_id, model_version=1)

    assert add_shadow_scores(wiring, scored, clock=lambda: NOON) == scored
    assert run_shadow(wiring, batch_id).scored_counts == {}
    assert find_delta_table(locate_table(wiring.lake, "shadow_scores")) is None


def test_a_broken_artifact_is_reported_and_recorded_and_fails_nothing(
    wired, predict, rows, champion_lake
):
    wiring = wired()
    third = register_another(wiring, champion_lake)
    version = wiring.registry.find_version(2)
    wiring.registry.record_tags(version, {"digest": "0" * 64})
    batch_id = predict(wiring, rows)
    scored = Summary("predict", "scored", batch_id=batch_id, model_version=1)

    summary = add_shadow_scores(wiring, scored, clock=lambda: NOON)

    assert summary.status == "scored"
    verdict = summary.find_verdict("shadow")
    assert (verdict.level, verdict.passed) == ("watch", True)
    assert verdict.reasons[0].startswith("version 2 did not score in the shadow")
    (fault,) = select_events(read_entries(wiring.lake), ShadowFailed)
    assert (fault.entry.model_version, fault.event.fault) == (2, "ArtifactError")
    assert set(read_shadow_scores(wiring.lake, batch_id=batch_id)["model_version"]) == {third}


def test_the_former_champion_goes_on_in_the_shadow_for_its_months_and_no_longer(
    wired, predict, known_rows
):
    wiring = wired(former_months=1)
    promote_by_hand(wiring, 2, reason="a drill", decided_at=NOON)
    october, november = (
        predict(wiring, known_rows.filter(statement_month=month).head(50), name=f"{month}.csv")
        for month in ("2005-10", "2005-11")
    )

    runs = [run_shadow(wiring, batch_id, champion=2) for batch_id in (october, november)]

    assert [dict(run.scored_counts) for run in runs] == [{1: 50}, {}]
    assert list_shadow_months(wiring.lake, model_version=1) == ("2005-10",)
    assert run_shadow(wiring, october, champion=2).scored_counts == {1: 50}


def test_a_batch_that_a_version_scored_as_champion_is_not_scored_by_it_again(wired, predict, rows):
    wiring = wired()
    predict(wiring, rows)
    promote_by_hand(wiring, 2, reason="a drill", decided_at=NOON)
    batch_id = predict(wiring, rows)  # again, by the new champion

    assert run_shadow(wiring, batch_id, champion=2).scored_counts == {}


def test_shadow_scores_are_proved_and_a_changed_one_is_found(wired, predict, rows):
    wiring = wired(row_limit=100)
    batch_id = predict(wiring, rows)
    run_shadow(wiring, batch_id)

    before = verify_lake(wiring, batch_id=batch_id, client_id=None, head=None)
    changed = read_shadow_scores(wiring.lake, batch_id=batch_id).with_columns(
        pl.col("default_probability") * 1.001
    )
    replace_rows(
        locate_table(wiring.lake, "shadow_scores"), lambda: [changed], predicate="model_version = 2"
    )
    after = verify_lake(wiring, batch_id=batch_id, client_id=None, head=None)

    assert [before.find_verdict("shadow").level, after.find_verdict("shadow").level] == [
        "ok",
        "alarm",
    ]
    assert (before.status, after.exit_code) == ("proved", 1)


def test_a_forgotten_client_leaves_the_shadow_too_and_the_rest_is_proved(wired, predict, rows):
    wiring = wired()
    batch_id = predict(wiring, rows)
    run_shadow(wiring, batch_id)
    client = rows["client_id"][7]

    summary = forget_client(wiring, client, forgotten_at=NOON)

    kept = read_shadow_scores(wiring.lake, batch_id=batch_id)
    snapshot = pl.concat(list(read_snapshot_rows(read_snapshot(wiring.lake, batch_id))))
    assert summary.counts["shadow_scores"] == 1
    assert set(kept["client_id"]) == set(snapshot["client_id"]) == {*rows["client_id"]} - {client}
    assert verify_lake(wiring, batch_id=batch_id, client_id=None, head=None).status == "proved"
    assert run_shadow(wiring, batch_id).scored_counts == {2: 299}  # nobody comes back
