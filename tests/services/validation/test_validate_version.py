import datetime as dt

import numpy as np
import polars as pl
import pytest

from credit_default.errors import InputError
from credit_default.gates.validation.result import CHAPTERS
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.validation.validate_version import validate_version
from credit_default.services.validation.version_rows import read_version_rows
from credit_default.services.validation.version_sample import build_version_samples

LATER = dt.datetime(2006, 6, 1, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]


@pytest.fixture(scope="module")
def validated(champion_lake):
    return validate_version(champion_lake.wiring, None, now=LATER)


@pytest.fixture
def rows(champion_lake):
    bundle = champion_lake.champion.bundle
    return read_version_rows(champion_lake.wiring, bundle, version=1, now=LATER)


def test_the_champion_is_validated_on_its_test_side_against_development(validated, champion_lake):
    report, bundle = validated.report, champion_lake.champion.bundle

    assert report.subject == "version 1"
    assert report.is_simulated
    assert report.sample.row_count >= bundle.reference.height
    assert report.reference.row_count == bundle.row_count
    assert {result.chapter for result in report.results} == set(CHAPTERS)


def test_what_the_lake_has_not_is_not_judged_with_the_reason(validated):
    unjudged = [r for r in validated.report.results if r.chapter == "overrides"]

    assert {result.light for result in unjudged} == {"not judged"}
    assert all(result.reason and result.statistic is None for result in unjudged)


def test_refits_variables_fairness_and_the_scorecard_are_judged(validated):
    lights = {}
    for result in validated.report.results:
        lights.setdefault(result.test_id, set()).add(result.light)

    assert lights["robustness.seeds"] != {"not judged"}
    assert lights["robustness.reasons"] != {"not judged"}
    assert any(r.chapter == "variables" and r.light == "green" for r in validated.report.results)
    assert any(r.chapter == "benchmark" and r.light == "green" for r in validated.report.results)


def test_the_test_side_has_its_clients_and_scores_as_they_are_in_the_bundle(rows, champion_lake):
    bundle = champion_lake.champion.bundle

    assert rows.test["client_id"].n_unique() == rows.test.height
    assert np.array_equal(
        score_probability(bundle, rows.test), rows.test["default_probability"].to_numpy()
    )
    outcomes = champion_lake.training.rows.select(*KEY, expected="defaulted")
    joined = rows.test.join(outcomes, on=KEY, how="left")
    assert joined["defaulted"].equals(joined["expected"], check_names=False)


def test_development_rows_are_scored_by_trees_that_did_not_see_them(rows, champion_lake):
    from sklearn.metrics import roc_auc_score

    bundle = champion_lake.champion.bundle
    seen = score_probability(bundle, rows.development)

    unseen_area = roc_auc_score(
        rows.development["defaulted"], rows.development["default_probability"]
    )
    assert unseen_area < roc_auc_score(rows.development["defaulted"], seen)


def test_segments_are_cut_alike_in_sample_and_reference(rows, champion_lake):
    samples = build_version_samples(champion_lake.wiring, champion_lake.champion.bundle, rows)

    for name, labels in samples.sample.segments.items():
        assert set(labels) <= set(samples.reference.segments[name])
    assert set(samples.sample.variables) == set(champion_lake.champion.bundle.input_names)


def test_months_with_complete_outcomes_are_judged_and_others_named(
    champion_lake, known_rows, score_rows, tmp_path
):
    months = {month: known_rows.filter(statement_month=month) for month in ("2005-10", "2005-11")}
    for month, statements in months.items():
        score_rows(statements.drop("defaulted"), name=f"{month}.csv")
    observed = [months["2005-10"], months["2005-11"].head(200)]
    path = tmp_path / "outcomes.csv"
    pl.concat(observed).select(*KEY, "defaulted", observed_at=pl.lit("2006-02-01")).write_csv(path)
    ingest_outcomes_file(champion_lake.wiring, str(path), taken_in_at=LATER)

    bundle = champion_lake.champion.bundle
    found = read_version_rows(champion_lake.wiring, bundle, version=1, now=LATER)
    early = read_version_rows(
        champion_lake.wiring, bundle, version=1, now=dt.datetime(2005, 11, 2, tzinfo=dt.UTC)
    )

    assert found.production["statement_month"].unique().to_list() == ["2005-10"]
    assert found.production.height == months["2005-10"].height
    assert found.judged.height == found.test.height + found.production.height
    assert "2005-11 (10% of the outcomes)" in found.notes[0]
    assert early.production is None


def test_a_version_that_is_not_there_is_named(champion_lake):
    with pytest.raises(InputError, match="99"):
        validate_version(champion_lake.wiring, 99, now=LATER)
