import pytest
from tests.fakes.batch_tables import put_profile, put_rejected, put_scores, put_verdict

from credit_default.errors import InputError
from credit_default.services.batches.batch_detail import (
    choose_key,
    describe_batch,
    find_mlflow_run_address,
    read_evidently_page,
)

BATCH = "a" * 16


@pytest.fixture
def filled(wiring):
    put_scores(wiring.lake, BATCH, "2005-10")
    put_scores(wiring.lake, BATCH, "2005-10", version=2)
    figures = {"score_drift": 0.303, "expected_default_share": 0.34}
    put_verdict(
        wiring.lake, BATCH, "2005-10", level="alarm", reasons=("it moved",), figures=figures
    )
    put_profile(wiring.lake, BATCH, pages=[("report.html", "<p>Evidently</p>")])
    put_rejected(
        wiring.lake,
        BATCH,
        "2005-10",
        [{"line": 2, "client_id": "9", "rules": ["age|min"], "age": "1"}],
    )
    return wiring


def test_batch_is_shown_as_the_version_that_is_asked_for_scored_it(filled):
    first = describe_batch(filled, BATCH, model_version=1)
    second = describe_batch(filled, BATCH, model_version=2)

    assert (first.key.light, second.key.light) == ("alarm", "not monitored")
    assert set(first.versions) == {1, 2}


def test_verdict_has_the_question_the_reasons_and_every_figure_of_the_table(filled):
    [verdict] = describe_batch(filled, BATCH, model_version=1).verdicts

    assert (verdict.title, verdict.level, verdict.reasons) == ("Drift", "alarm", ("it moved",))
    assert verdict.question.endswith("?")
    assert dict(verdict.figures) == {"score drift (PSI)": "0.3030", "expected defaults": "34.0%"}


def test_batch_shows_columns_bands_rules_and_pages(filled):
    batch = describe_batch(filled, BATCH, model_version=1)

    assert [move.name for move in batch.profile.moves][:2] == ["age", "sex"]
    assert [band.band for band in batch.bands] == ["A", "B", "all"]
    assert [(rule.rule, rule.row_count) for rule in batch.rules] == [("age|min", 1)]
    assert batch.pages == ("report",)


def test_version_that_did_not_score_it_is_an_error_with_those_that_did(filled):
    with pytest.raises(InputError, match=r"(2, 1)|(1, 2)"):
        describe_batch(filled, BATCH, model_version=3)


def test_stored_page_of_evidently_is_returned_and_no_other_file(filled):
    key, _ = choose_key(filled, BATCH, model_version=1)

    assert read_evidently_page(filled, key, name="report") == b"<p>Evidently</p>"
    for name in ("quality", "profile.json", "../v1/report"):
        with pytest.raises(InputError, match="none"):
            read_evidently_page(filled, key, name=name)


def test_there_is_no_way_to_mlflow_without_a_server(filled):
    key, _ = choose_key(filled, BATCH, model_version=1)

    with pytest.raises(InputError, match="no server in the settings"):
        find_mlflow_run_address(filled, key)
