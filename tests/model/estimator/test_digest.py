import hashlib
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator import digest
from credit_default.model.estimator.decision import DecisionPolicy, RiskBand
from credit_default.model.estimator.digest import (
    digest_bundle,
    digest_frame,
    digest_policy,
    digest_recipe_and_rows,
    hash_row_keys,
)
from credit_default.model.estimator.recipe_pipeline import FOREST_STEP, Recipe
from credit_default.model.features.build_features import build_features
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

FRAME = pl.DataFrame({"client_id": ["a", "bc"], "amount": [1.0, None], "reasons": [["x", "y"], []]})


def test_the_digest_depends_neither_on_itself_nor_on_the_source_or_the_job_count(bundle):
    assert digest_bundle(replace(bundle, digest="0" * 64)) == bundle.digest
    assert digest_bundle(replace(bundle, source_digests=())) == bundle.digest
    bundle.forest.set_params(n_jobs=2)
    try:
        assert digest_bundle(bundle) == bundle.digest
    finally:
        bundle.forest.set_params(n_jobs=1)


@pytest.mark.parametrize(
    "change",
    [
        {"decision_policy": DecisionPolicy(missed_default_cost=4.0)},
        {"recipe": Recipe(seed=3)},
        {"schema_name": "other"},
        {"schema_version": "other"},
        {"feature_version": "other"},
        {"row_count": 1},
        {"default_share": 0.5},
        {"trained_rows": np.array([1, 2], dtype=np.uint64)},
        {"reference": FRAME},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_changes_with_whatever_decides_a_score_or_a_comparison(bundle, change):
    assert digest_bundle(replace(bundle, **change)) != bundle.digest


def test_the_order_of_the_references_columns_decides_nothing(bundle):
    one, other = (
        replace(bundle, reference=FRAME.select(names))
        for names in (FRAME.columns, FRAME.columns[::-1])
    )

    assert digest_bundle(one) == digest_bundle(other)


def test_the_digest_changes_with_one_leaf_of_one_tree(rows, fit_small):
    bundle = fit_small(rows)

    bundle.pipeline.named_steps[FOREST_STEP].estimators_[-1].tree_.value[-1, 0, 0] += 1e-12

    assert digest_bundle(bundle) != bundle.digest


def test_the_digest_changes_with_the_feature_list(rows, fit_small):
    bundle = fit_small(rows)

    bundle.pipeline.named_steps["features"].kw_args["spec"][0]["name"] = "renamed"

    assert digest_bundle(bundle) != bundle.digest


def test_where_the_feature_function_is_written_does_not_change_the_digest(
    rows, fit_small, monkeypatch
):
    bundle = fit_small(rows)

    monkeypatch.setattr(build_features, "__module__", "somewhere.else")

    assert digest_bundle(bundle) == bundle.digest


@pytest.mark.parametrize(
    "other",
    [
        FRAME.with_columns(amount=pl.Series([1.0, 0.0])),  # 0 is not the same as missing
        FRAME.with_columns(client_id=pl.Series(["ab", "c"])),  # the same letters, parted elsewhere
        FRAME.with_columns(reasons=pl.Series([["x"], ["y"]])),
        FRAME.rename({"amount": "value"}),
        FRAME.select("amount", "client_id", "reasons"),
        FRAME[::-1],
        FRAME[:1],
    ],
)
def test_frames_that_differ_have_different_digests(other):
    assert digest_frame(other) != digest_frame(FRAME)


def test_a_frames_digest_is_the_same_on_every_machine():
    assert (
        digest_frame(FRAME.clone())
        == "610cbad39b76aefdae466a448c869fe31178bbb9e427eab1d4844f3cdaeeb7eb"
    )


def test_a_keys_hash_is_the_same_on_every_machine():
    keys = pl.DataFrame({"client_id": ["1", "2"], "statement_month": ["2005-09", "2005-09"]})

    assert hash_row_keys(keys).tolist() == [9011659413968570609, 329621279370110780]
    assert hash_row_keys(keys[:0]).tolist() == []


def test_a_cross_validation_is_named_by_its_rows_and_recipe_and_not_by_their_order(rows):
    def name(frame=rows, *, recipe=None, seed=1, fold_count=5):
        return digest_recipe_and_rows(
            recipe or Recipe(),
            frame,
            schema=CREDIT_CARD,
            features=CREDIT_CARD_FEATURES,
            fold_count=fold_count,
            seed=seed,
        )

    assert (
        name(rows.sample(fraction=1.0, shuffle=True, seed=1).select(rows.columns[::-1])) == name()
    )
    others = [name(rows[1:]), name(recipe=Recipe(seed=9)), name(seed=2), name(fold_count=4)]
    assert len({name(), *others}) == 5


def test_a_policy_is_named_by_its_costs_and_bands():
    policy = DecisionPolicy()

    assert digest_policy(policy) == digest_policy(DecisionPolicy())
    assert digest_policy(policy) != digest_policy(DecisionPolicy(missed_default_cost=6.0))


def test_a_policys_digest_is_that_of_its_canonical_text_and_never_changes():
    """Sorted names, no blanks, letters beyond ASCII escaped; each part behind its length."""
    policy = DecisionPolicy(bands=(RiskBand("é", 0.0), RiskBand("B", 0.5)))
    text = (
        '{"bands":[{"lowest_probability":0.0,"name":"\\u00e9"},'
        '{"lowest_probability":0.5,"name":"B"}],'
        '"false_alarm_cost":1.0,"missed_default_cost":5.0}'
    )
    parts = "credit-default digest 1", text

    plain = "".join(f"{len(part)};{part}" for part in parts)

    assert digest_policy(policy) == hashlib.sha256(plain.encode()).hexdigest()
    assert (
        digest_policy(DecisionPolicy())
        == "619cca4b49dfe5c4bc1778d1d43b010d2114b3d087477ec3a95da97f582eb862"
    )


def test_numbers_are_digested_as_64_bits_behind_their_form():
    parts = [np.array([1, 2], dtype=np.int32), np.array([[0.5]], dtype=np.float32), b"ab"]

    wanted = hashlib.sha256()
    for form, numbers in (
        ("<i8(2,);", parts[0].astype("<i8")),
        ("<f8(1, 1);", parts[1].astype("<f8")),
    ):
        wanted.update(form.encode() + numbers.tobytes())
    wanted.update(b"2;ab")
    assert digest._digest_parts(parts) == wanted.hexdigest()
    assert digest._digest_parts([np.array([1], dtype=np.uint32)]) == (
        hashlib.sha256(b"<u8(1,);" + np.array([1], dtype="<u8").tobytes()).hexdigest()
    )
