import polars as pl
import pytest

from credit_default.adapters.delta.commits import create_rows
from credit_default.adapters.tables.queries import read_scores
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.scores import build_scores_predicate
from credit_default.errors import ArtifactError, InputError
from credit_default.services.scoring.explain_client import explain_client


@pytest.fixture
def scored(score_rows, known_rows):
    return score_rows(
        known_rows.filter(statement_month="2005-10").drop("defaulted").slice(1_000, 150)
    )


@pytest.fixture
def scores(champion_lake, scored) -> pl.DataFrame:
    return read_scores(champion_lake.wiring.lake, batch_id=scored.batch_id, model_version=1).sort(
        "default_probability"
    )


def explain(champion_lake, score):
    return explain_client(champion_lake.wiring, score["batch_id"], score["client_id"])


def test_a_declined_client_s_reasons_are_those_in_the_lake(champion_lake, scores):
    score = scores.row(-1, named=True)

    explained = explain(champion_lake, score)

    assert explained.declined
    assert list(explained.reasons) == score["reasons"] != []
    assert explained.default_probability == score["default_probability"]
    assert (explained.risk_band, explained.model_version) == (score["risk_band"], 1)
    assert explained.threshold == champion_lake.champion.bundle.decision_policy.threshold


def test_contributions_add_up_from_the_accepted_clients_mean(champion_lake, scores):
    accepted = champion_lake.champion.bundle.reference.filter(decision="accept")

    explained = explain(champion_lake, scores.row(-1, named=True))

    assert explained.base_probability == pytest.approx(
        accepted["default_probability"].mean(), abs=1e-12
    )
    total = explained.base_probability + sum(part.added for part in explained.contributions)
    assert total == pytest.approx(explained.default_probability, abs=1e-7)
    sizes = [abs(part.added) for part in explained.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert "interventional" in explained.method
    assert f"the {accepted.height:,} accepted clients" in explained.method


def test_an_accepted_client_has_contributions_but_neither_reasons_nor_changes(
    champion_lake, scores
):
    explained = explain(champion_lake, scores.row(0, named=True))

    assert not explained.declined
    assert (explained.reasons, explained.changes) == ((), ())
    assert len(explained.contributions) == 11


def test_a_client_near_the_threshold_is_shown_what_would_have_changed_the_decision(
    champion_lake, scores
):
    nearest = scores.filter(decision="decline").row(0, named=True)

    explained = explain(champion_lake, nearest)

    assert explained.changes
    assert all(change.default_probability < explained.threshold for change in explained.changes)
    moved = {name for change in explained.changes for name in change.changes}
    assert not moved & {"sex", "marriage", "age", "education", "credit_limit"}


def test_inputs_say_what_codes_mean_and_which_the_model_does_not_use(champion_lake, scores):
    explained = explain(champion_lake, scores.row(0, named=True))

    inputs = {line.name: line for line in explained.inputs}
    assert {name for name, line in inputs.items() if not line.used} == {"sex", "marriage", "age"}
    assert inputs["sex"].meaning in {"male", "female"}
    assert inputs["credit_limit"].meaning == ""
    assert len(inputs) == 23


def test_a_batch_that_was_never_scored_is_not_known(champion_lake, scores):
    with pytest.raises(InputError, match="found no scores"):
        explain_client(champion_lake.wiring, "ab" * 32, scores["client_id"][0])


def test_a_client_of_another_batch_is_not_known(champion_lake, scored):
    with pytest.raises(InputError, match="no score in batch"):
        explain_client(champion_lake.wiring, scored.batch_id, "nobody")


def test_a_batch_that_no_hash_can_name_is_refused(champion_lake):
    with pytest.raises(InputError, match="batch_id"):
        explain_client(champion_lake.wiring, "../scores", "c1")


def test_a_changed_score_is_not_explained(champion_lake, score_rows, known_rows):
    scored = score_rows(
        known_rows.filter(statement_month="2005-10").drop("defaulted").slice(1_200, 30)
    )
    true = read_scores(champion_lake.wiring.lake, batch_id=scored.batch_id)
    changed = true.with_columns(default_probability=0.5)
    table, predicate = (
        locate_table(champion_lake.wiring.lake, "scores"),
        build_scores_predicate(scored.batch_id, 1),
    )
    create_rows(
        table, lambda: [changed], key="a hand that had no business there", predicate=predicate
    )

    with pytest.raises(ArtifactError, match=r"the client's score: found .* expected 0\.5"):
        explain_client(champion_lake.wiring, scored.batch_id, true["client_id"][0])
