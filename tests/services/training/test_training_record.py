from dataclasses import replace

import pytest

from credit_default.errors import ArtifactError
from credit_default.services.training.training_record import (
    TrainingRecord,
    parse_record,
    render_record,
)
from credit_default.views.card.evidence import DataFacts, SnapshotFacts


@pytest.fixture
def record(wiring):
    data = DataFacts(
        origin="simulated",
        snapshots=(SnapshotFacts("ab12", "cd34", 20),),
        months=("2005-09", "2005-10"),
        accepted_count=19,
        rejected_count=1,
        development_count=15,
        test_count=4,
        default_share=2 / 9,
        outcomes={"2005-09": "complete: all"},
        regime_months=("2005-10",),
    )
    settings = wiring.settings.model_dump(mode="json", include={"seed", "recipe", "stability"})
    return TrainingRecord(data, {"roc_auc": 0.7}, from_file=True, settings=settings)


def test_a_record_is_read_as_it_was_written(record):
    assert parse_record(render_record(record)) == record


def test_the_settings_of_the_training_take_the_place_of_todays_and_no_others(record, wiring):
    today = wiring.settings.model_copy(
        update={
            "seed": 99,
            "jobs": 5,
            "stability": replace(wiring.settings.stability, refit_count=9),
        }
    )

    then = record.apply_to(today)

    assert (then.seed, then.stability) == (wiring.settings.seed, wiring.settings.stability)
    assert (then.jobs, then.recipe) == (5, wiring.settings.recipe)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"data": {"snapshots": []}}'])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(ArtifactError, match="no record of a training"):
        parse_record(text)
