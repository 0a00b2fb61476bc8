from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest

from credit_default.errors import InputError
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.model.estimator.scoring import (
    SCORE_SCHEMA,
    attach_reference,
    count_trained_rows,
    score,
    score_probability,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run_score(bundle, rows, *, scored_at=NOON, find_reasons=None):
    return score(
        bundle, rows, model_version=3, batch_id="b1", scored_at=scored_at, find_reasons=find_reasons
    )


def test_a_scored_batch_has_one_row_for_each_client_in_their_order(bundle, make_rows):
    rows = make_rows(50, seed=9, prefix="N")

    batch = run_score(bundle, rows)

    assert batch.frame.schema == SCORE_SCHEMA
    assert batch.frame["client_id"].to_list() == rows["client_id"].to_list()
    assert batch.frame["default_probability"].is_between(0, 1).all()
    assert batch.frame["reasons"].to_list() == [[]] * 50
    assert set(batch.frame["model_version"]) == {3}
    assert set(batch.frame["batch_id"]) == {"b1"}
    assert set(batch.frame["scored_at"]) == {NOON}
    assert (batch.row_count, batch.trained_row_count) == (50, 0)


def test_decision_and_band_follow_the_bundles_policy(bundle, rows):
    frame = run_score(bundle, rows).frame

    assert (frame["decision"] == "decline").to_list() == (
        frame["default_probability"] >= 1 / 6
    ).to_list()
    assert frame.filter(pl.col("default_probability") < 0.08)["risk_band"].unique().to_list() in (
        [],
        ["A"],
    )


def test_expected_loss_stands_beside_the_score_by_the_policy_s_assumptions(bundle, rows):
    policy = LossPolicy(conversion_factor=0.25, loss_given_default=0.8, cure_share=0.0)

    scored = score(
        bundle, rows, model_version=3, batch_id="b1", scored_at=NOON, loss_policy=policy
    ).frame

    assert scored.schema == SCORE_SCHEMA
    balance = rows["bill_amount_m1"].clip(lower_bound=0)
    unused = (rows["credit_limit"] - rows["bill_amount_m1"]).clip(lower_bound=0)
    expected = scored["default_probability"] * (balance + 0.25 * unused) * 0.8
    assert scored["expected_loss"].to_list() == pytest.approx(expected.to_list())
    assert scored["expected_loss"].min() >= 0


def test_expected_loss_changes_no_score_and_is_empty_without_a_policy(bundle, rows):
    plain = run_score(bundle, rows).frame
    costed = score(
        bundle, rows, model_version=3, batch_id="b1", scored_at=NOON, loss_policy=LossPolicy()
    ).frame

    assert plain["expected_loss"].null_count() == rows.height
    assert costed.drop("expected_loss").equals(plain.drop("expected_loss"))


def test_chunks_and_row_order_change_no_expected_loss(bundle, rows):
    def lose(part):
        scored = score(
            bundle, part, model_version=3, batch_id="b1", scored_at=NOON, loss_policy=LossPolicy()
        )
        return scored.frame["expected_loss"].to_list()

    whole = lose(rows)

    assert [
        loss for start in range(0, rows.height, 37) for loss in lose(rows[start : start + 37])
    ] == whole
    assert lose(rows[::-1]) == whole[::-1]


def test_a_time_in_another_zone_is_kept_as_utc(bundle, rows):
    in_taipei = datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8)))

    assert run_score(bundle, rows[:2], scored_at=in_taipei).frame["scored_at"].to_list() == [
        NOON,
        NOON,
    ]


def test_a_time_without_a_zone_is_refused(bundle, rows):
    with pytest.raises(InputError, match="scored_at"):
        run_score(bundle, rows, scored_at=datetime(2026, 3, 1))  # noqa: DTZ001 (the fault under test)


def test_rows_that_the_model_was_trained_on_are_counted(bundle, rows, make_rows):
    mixed = pl.concat([rows[:7], make_rows(5, seed=2, prefix="N")])

    assert count_trained_rows(bundle, mixed) == 7
    assert run_score(bundle, mixed).trained_row_count == 7
    assert count_trained_rows(bundle, mixed.with_columns(statement_month=pl.lit("2005-10"))) == 0


def test_every_frame_chunk_and_order_gives_the_same_probabilities(bundle, rows):
    whole = score_probability(bundle, rows)

    chunks = [
        score_probability(bundle, rows[start : start + 37]) for start in range(0, rows.height, 37)
    ]
    assert np.concatenate(chunks).tobytes() == whole.tobytes()
    assert (
        score_probability(bundle, rows[::-1]).tobytes()
        == np.ascontiguousarray(whole[::-1]).tobytes()
    )
    for frame in (rows.to_pandas(), rows.to_arrow(), rows.select(rows.columns[::-1])):
        assert score_probability(bundle, frame).tobytes() == whole.tobytes()
    assert isinstance(rows.to_pandas(), pd.DataFrame)


def test_declined_rows_are_given_their_reasons_and_accepted_ones_none(bundle, rows):
    asked = []

    def give(declined):
        asked.append(declined)
        return [[f"because of {client}"] for client in declined["client_id"]]

    frame = run_score(bundle, rows, find_reasons=give).frame

    declined = frame.filter(decision="decline")
    assert frame.schema == SCORE_SCHEMA
    assert [frame["client_id"].to_list() for frame in asked] == [declined["client_id"].to_list()]
    assert declined["reasons"].to_list() == [
        [f"because of {client}"] for client in declined["client_id"]
    ]
    assert set(frame.filter(decision="accept")["reasons"].list.len()) == {0}


def test_no_reasons_are_requested_for_rows_that_are_all_accepted(bundle, rows):
    accepted = rows.filter(pl.Series(score_probability(bundle, rows) < 1 / 6))

    frame = run_score(
        bundle, accepted, find_reasons=lambda _: pytest.fail("asked for reasons")
    ).frame

    assert frame["reasons"].to_list() == [[]] * accepted.height


def test_no_rows_give_no_scores(bundle, rows):
    assert score_probability(bundle, rows[:0]).shape == (0,)
    assert run_score(bundle, rows[:0]).frame.schema == SCORE_SCHEMA


def test_a_missing_column_stops_the_batch(bundle, rows):
    with pytest.raises(InputError, match="credit_limit"):
        run_score(bundle, rows.drop("credit_limit"))


def test_a_protected_attribute_changes_no_score(bundle, rows):
    changed = rows.with_columns(sex=3 - pl.col("sex"), age=pl.lit(21), marriage=pl.lit(1))

    assert score_probability(bundle, changed).tobytes() == score_probability(bundle, rows).tobytes()


def test_a_reference_is_scored_by_its_own_bundle_and_sealed_in_the_digest(bundle, make_rows):
    unseen = make_rows(60, seed=4, prefix="R")

    with_reference = attach_reference(bundle, unseen[::-1])

    reference = with_reference.reference
    assert reference is not None
    assert reference.columns == [
        *unseen.columns[1:-1],
        "default_probability",
        "decision",
        "defaulted",
    ]
    assert "client_id" not in reference.columns  # no artifact names a client
    assert (
        reference["credit_limit"].to_list()
        == unseen.sort("client_id", "statement_month")["credit_limit"].to_list()
    )
    assert reference["default_probability"].to_list() == score_probability(bundle, unseen).tolist()
    assert with_reference.digest == digest_bundle(with_reference) != bundle.digest
    assert attach_reference(bundle, unseen).digest == with_reference.digest
    assert bundle.reference is None


def test_a_reference_may_lack_outcomes(bundle, make_rows):
    reference = attach_reference(
        bundle, make_rows(20, seed=4, prefix="R").drop("defaulted")
    ).reference

    assert reference is not None
    assert "defaulted" not in reference.columns


def test_rows_trained_on_are_no_reference(bundle, rows):
    with pytest.raises(InputError, match="3 rows trained on"):
        attach_reference(bundle, rows[:3])
