import datetime as dt
import shutil
from dataclasses import replace

import pytest

from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import InputError
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.champion.current import load_registered_champion
from credit_default.services.champion.versions import (
    list_models,
    promote_by_hand,
    roll_back,
    summarise_models,
)
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.register_and_promote import (
    apply_promotion_verdict,
    register_challenger,
)
from credit_default.services.training.training_rows import read_training_rows, split_rows

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def wiring(tmp_path_factory, mlflow_template, month_rows):
    """A lake with two versions: the first is the champion, the second was refused by the gate."""
    from credit_default.services.context.wiring import build_wiring
    from credit_default.settings import Settings

    root = tmp_path_factory.mktemp("two")
    month_rows.head(600).write_csv(root / "rows.csv")
    settings = Settings(
        lake=str(root / "lake"), cache=str(root), data=str(root / "rows.csv"), jobs=1
    )
    wiring = build_wiring(settings, commit="0123abc")
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    training = read_training_rows(wiring, month=None, read_at=NOON)
    verdicts = (
        Verdict("promotion", "ok", ("first model",)),
        Verdict("promotion", "refused", ("a tie", "no gain")),
    )
    for number, verdict in enumerate(verdicts):
        recipe = {"tree_count": 3 + number, "maximum_depth": 2}
        own = replace(wiring, settings=Settings(**(settings.model_dump() | {"recipe": recipe})))
        challenger = fit_challenger(own, training, split_rows(own, training))
        registered = register_challenger(own, training, challenger, None, trained_at=NOON)
        champion = load_registered_champion(wiring)
        apply_promotion_verdict(
            own, registered, verdict, champion=champion, rows=training, decided_at=NOON
        )
    return wiring


def read_aliases(wiring):
    return {model.number: model.alias for model in list_models(wiring.registry)}


def test_versions_are_listed_newest_first_with_what_the_gate_said(wiring):
    models = list_models(wiring.registry)

    assert [model.number for model in models] == [2, 1]
    assert [(model.level, model.reason) for model in models] == [
        ("refused", "a tie"),
        ("ok", "first model"),
    ]
    assert {model.data_origin for model in models} == {"simulated"}
    assert {model.trained_at for model in models} == {NOON.isoformat()}


def test_summary_names_the_version_that_scores(wiring):
    summary = summarise_models(list_models(wiring.registry), listed=False)

    assert summary.status == "version 1 is the champion"
    assert (summary.model_version, summary.counts, summary.notes) == (1, {"versions": 2}, ())


def test_summary_lists_each_version_when_asked_to(wiring):
    notes = summarise_models(list_models(wiring.registry), listed=True).notes

    assert [note.split(";")[0] for note in notes] == [
        "version 2: challenger",
        "version 1: champion",
    ]
    assert [note.rsplit("; ", 1)[1] for note in notes] == ["refused: a tie", "ok: first model"]


def test_registry_without_versions_has_no_champion():
    assert summarise_models((), listed=False).status == "no champion yet"


def test_person_who_overrules_the_gate_is_on_record_beside_it_and_can_take_it_back(wiring):
    promoted = promote_by_hand(wiring, 2, reason="the board decided", decided_at=NOON)
    tags = wiring.registry.find_version(2).tags
    aliases_then = read_aliases(wiring)

    back = roll_back(wiring, reason="the board thought again", decided_at=NOON)

    assert (promoted.model_version, back.model_version) == (2, 1)
    assert "champion" in aliases_then[2]
    assert "champion" in read_aliases(wiring)[1]
    assert "by a person's decision: the board decided" in tags["verdict_reasons"]
    assert "a tie" in tags["verdict_reasons"]


def test_champion_that_is_rolled_back_to_scores_to_the_last_bit_what_it_scored_before(
    wiring, month_rows
):
    rows = month_rows.head(200)
    before = score_probability(load_registered_champion(wiring).bundle, rows)
    promote_by_hand(wiring, 2, reason="the board decided", decided_at=NOON)
    between = score_probability(load_registered_champion(wiring).bundle, rows)

    roll_back(wiring, reason="scores too low", decided_at=NOON)

    again = score_probability(load_registered_champion(wiring).bundle, rows)
    assert again.tobytes() == before.tobytes()
    assert between.tobytes() != before.tobytes()


def test_rollback_is_recorded_in_both_runs_in_the_registry_and_in_the_ledger(wiring):
    promote_by_hand(wiring, 2, reason="the board decided", decided_at=NOON + HOUR)

    roll_back(wiring, reason="scores too low", decided_at=NOON + 2 * HOUR)

    left, back = (wiring.registry.find_version(number) for number in (2, 1))
    tags = {
        version.number: wiring.tracking.client.get_run(version.run_id).data.tags
        for version in (left, back)
    }
    at = (NOON + 2 * HOUR).isoformat()
    reported = {
        "rolled_back_at": at,
        "rolled_back_because": "scores too low",
        "rolled_back_to": "1",
    }
    assert reported.items() <= tags[2].items()
    assert {"champion_again_at": at, "champion_again_after": "2"}.items() <= tags[1].items()
    assert left.tags["rolled_back_because"] == "scores too low"
    last = read_entries(wiring.lake)[-1]
    assert (last.event, last.model_version) == ("rolled back", 1)
    assert dt.datetime.fromisoformat(last.at) == NOON + 2 * HOUR
    assert back.digest in last.details


def test_pages_of_both_versions_in_mlflow_follow_a_rollback(wiring):
    def read_page(number):
        return wiring.tracking.client.get_model_version(wiring.registry.name, number).description

    promote_by_hand(wiring, 2, reason="the board decided", decided_at=NOON + HOUR)
    promoted = [read_page("1"), read_page("2")]
    roll_back(wiring, reason="scores too low", decided_at=NOON + 2 * HOUR)

    assert ["**Champion**" in page for page in promoted] == [False, True]
    assert "**Champion**" in read_page("1")
    assert "scores again: scores too low" in read_page("2")


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_version_is_promoted_without_a_reason(wiring, reason):
    before = read_aliases(wiring)

    with pytest.raises(InputError, match="--reason"):
        promote_by_hand(wiring, 2, reason=reason, decided_at=NOON)

    assert read_aliases(wiring) == before


def test_version_that_is_not_there_is_not_promoted(wiring):
    before = read_aliases(wiring)

    with pytest.raises(InputError, match="99"):
        promote_by_hand(wiring, 99, reason="why not", decided_at=NOON)

    assert read_aliases(wiring) == before
