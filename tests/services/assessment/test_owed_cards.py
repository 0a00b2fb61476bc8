import datetime as dt
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from credit_default.adapters.host.process_marks import read_own_mark
from credit_default.adapters.mlflow.run_search import read_run_text
from credit_default.services.assessment.model_card import publish_card
from credit_default.services.assessment.owed_cards import draw_owed_cards
from credit_default.services.assessment.stored_card import CARD_CONTENT, EVIDENCE_FILE
from credit_default.services.assessment.validation_study import assess_challenger
from credit_default.services.context.wiring import build_wiring
from credit_default.services.training.baselines import measure_rivals
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.register_and_promote import (
    apply_promotion_verdict,
    register_challenger,
)
from credit_default.services.training.training_record import CARD_TAG
from credit_default.services.training.training_rows import split_rows

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
DRAWN = (CARD_CONTENT, EVIDENCE_FILE)


@pytest.fixture(scope="module")
def wiring(tmp_path_factory, mlflow_template, champion_lake):
    """The champion's lake, and an MLflow of its own in which nothing is registered yet."""
    root = tmp_path_factory.mktemp("owed")
    shutil.copytree(champion_lake.untouched, root / "lake")
    quick = {
        "lake": str(root / "lake"),
        "stability": {"refit_count": 1},
        "proxies": {"tree_count": 5},
    }
    settings = type(champion_lake.wiring.settings)(
        **(champion_lake.wiring.settings.model_dump() | quick)
    )
    wiring = build_wiring(settings, commit="0123abc")
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    return wiring


@pytest.fixture(scope="module")
def seated(wiring, champion_lake):
    """A training up to its verdict: nothing of its card is drawn yet."""
    rows = champion_lake.training
    sides = split_rows(wiring, rows)
    challenger = fit_challenger(wiring, rows, sides)
    rivals = measure_rivals(wiring, challenger, sides)
    registered = register_challenger(wiring, rows, challenger, None, trained_at=NOON)
    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=None, rivals=rivals)
    summary = apply_promotion_verdict(
        wiring, registered, verdict, champion=None, rows=rows, decided_at=NOON
    )
    return challenger, rivals, registered, summary


def read_drawn(wiring, run_id):
    return [read_run_text(wiring.tracking, run_id, name) for name in DRAWN]


def owe_to(wiring, number, mark):
    version = wiring.registry.find_version(number)
    wiring.registry.record_tags(version, {CARD_TAG: f"owed by process {mark}"})


def find_dead_mark():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return replace(read_own_mark(), process_id=process.pid, begun=1)


@pytest.fixture(scope="module")
def story(wiring, seated, champion_lake):
    """What the run holds at the verdict, after its own card, and after a card that `reconcile` drew in its place."""
    challenger, rivals, registered, summary = seated
    rows = champion_lake.training
    run_id, number = summary.run_id, summary.model_version
    begun = read_drawn(wiring, run_id), wiring.registry.find_version(number)
    while_training = draw_owed_cards(wiring, now=begun[1].created_at)
    assessment = assess_challenger(wiring, challenger, challenger.sides, rivals=rivals)
    publish_card(
        wiring, registered, summary, challenger=challenger, assessment=assessment, rows=rows
    )
    own = read_drawn(wiring, run_id)
    settled = draw_owed_cards(wiring, now=NOON)
    wiring.tracking.find_run(run_id).record_files(dict.fromkeys(DRAWN, b"{}"))
    owe_to(wiring, number, find_dead_mark())
    other = replace(wiring, settings=wiring.settings.model_copy(update={"seed": 99}))
    after_kill = draw_owed_cards(other, now=NOON)
    return begun, while_training, own, settled, after_kill, read_drawn(wiring, run_id)


def test_alias_and_verdict_come_before_any_card(story):
    (files, version), *_ = story

    assert files == [None, None]
    assert version.is_champion
    assert version.tags["verdict"].startswith("promotion: ")


def test_card_of_a_running_training_and_one_that_is_drawn_are_left_alone(story):
    _, while_training, _, settled, *_ = story

    assert (while_training.notes, settled.notes) == ((), ())


def test_card_of_a_killed_training_is_the_one_that_it_would_have_drawn(story):
    *_, own, _, after_kill, drawn = story

    assert after_kill.notes == ("drew the card of version 1",)
    assert after_kill.counts == {"model cards drawn": 1}
    assert drawn == own


def test_card_that_can_no_longer_be_drawn_is_said_once(wiring, seated, story, tmp_path):
    lake = shutil.copytree(wiring.lake.home, tmp_path / "lake")
    shutil.rmtree(lake / "snapshots")
    changed = build_wiring(wiring.settings.model_copy(update={"lake": str(lake)}), commit="0123abc")
    owe_to(changed, 1, find_dead_mark())

    first, again = (draw_owed_cards(changed, now=NOON) for _ in range(2))

    [note] = first.notes
    assert note.startswith("the card of version 1 cannot be drawn: ")
    assert (first.counts, again.notes) == ({"model cards drawn": 0}, ())
