from dataclasses import replace

import numpy as np
import pytest

from credit_default.gates.promotion.leak_check import check_leaks, check_plausible_gain
from credit_default.gates.promotion.paired_comparison import compare_on_rows
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.plain_rivals import CertainRanges, PlainRivals, SingleInput

POLICY = PromotionPolicy(resample_count=20, highest_roc_auc=0.85)
COUNT = 2_000
GENERATOR = np.random.default_rng(5)
DEFAULTED = (GENERATOR.random(COUNT) < 0.3).astype(np.int64)


@pytest.fixture(scope="module")
def comparison(make_contest):
    contest = make_contest(1_000, champion_noise=0.2, challenger_noise=0.1, seed=1)
    return compare_on_rows(
        contest, decision_policy=DecisionPolicy(), policy=POLICY, rows_label="on the newest rows"
    )


@pytest.mark.parametrize(
    ("champion", "challenger", "is_suspect"),
    [
        (0.77, 0.82, False),
        (0.77, 0.84, True),
        (0.82, 0.85, True),
        (0.60, 0.80, False),
    ],
    ids=["a plausible step", "too large a step", "too good by itself", "a champion without floor"],
)
def test_too_good_a_ranking_is_a_suspicion(comparison, champion, challenger, is_suspect):
    difference = replace(
        comparison.auc_difference,
        champion=champion,
        challenger=challenger,
        gain=challenger - champion,
    )

    check = check_plausible_gain(replace(comparison, auc_difference=difference), POLICY)

    assert ("too good to be true" in check.fault) == is_suspect
    assert bool(check.summary) == is_suspect


def know(share):
    """Scores of a model that knows the outcome of that share of the rows and guesses the others."""
    generator = np.random.default_rng(round(1_000 * share))
    return np.where(generator.random(COUNT) < share, DEFAULTED, generator.random(COUNT))


def check(*, model=0.5, boosting=0.5, alone=0.4, rest=0.5, certain=(), **policy):
    scored = know(alone)
    single = SingleInput("recovered", 0.5 + alone / 2, scored, certain)
    rivals = PlainRivals(DEFAULTED, know(boosting), (single,), {"recovered": know(rest)})
    return check_leaks(know(model), rivals, policy=replace(POLICY, **policy))


def hold(held_count, *, certain_share=1.0, outcome=1):
    return CertainRanges(outcome, "1 to 900", held_count, 600, certain_share)


def test_an_honest_model_beside_its_rivals_is_no_suspicion():
    found = check(model=0.55)

    assert (found.fault, found.summary) == ("", "")
    assert found.figures == {"best_input_roc_auc": 0.7}


@pytest.mark.parametrize(
    ("ranges", "is_suspect"),
    [
        (hold(150), True),
        (hold(149), False),
        (hold(150, certain_share=0.98), False),
        (hold(9), False),
    ],
    ids=["a quarter of them", "fewer", "not certain", "few"],
)
def test_an_input_that_tells_the_outcome_of_a_quarter_is_named(ranges, is_suspect):
    found = check(certain=(ranges,))

    assert bool(found.fault) == is_suspect
    assert ("recovered tells the outcome: 150 of 600 defaults" in found.fault) == is_suspect


def test_an_input_that_tells_who_pays_is_named_too():
    assert "of 600 payers" in check(certain=(hold(300, outcome=0),)).fault


def test_an_input_that_leads_all_others_is_named_with_both_figures():
    found = check(alone=0.8, rest=0.4)

    assert found.fault.startswith("recovered alone reaches a ROC AUC of 0.98")
    assert "all others together 0.81" in found.fault
    assert "not known on the day" in found.summary


@pytest.mark.parametrize(
    "honest",
    [
        {"alone": 0.8, "rest": 0.7},
        {"alone": 0.5, "rest": 0.1},
        {"alone": 0.8, "rest": 0.4, "largest_input_lead": 0.3},
        {"alone": 0.8, "rest": 0.4, "highest_input_roc_auc": 0.95},
    ],
    ids=["the others rank as well", "it ranks too little alone", "lead allowed", "bound allowed"],
)
def test_a_strong_input_alone_is_no_suspicion(honest):
    assert not check(model=0.9, boosting=0.9, **honest).fault


def test_a_model_that_knows_more_than_its_inputs_leads_every_rival():
    found = check(model=0.9)

    assert found.fault.startswith("the model's ROC AUC of 0.9")
    assert "boosting on the inputs as they are" in found.fault
    assert not check(model=0.9, boosting=0.8).fault
    assert not check(model=0.9, alone=0.85, rest=0.85).fault


def test_a_lead_within_noise_is_no_suspicion():
    rows = slice(0, 40)
    single = SingleInput("x", 0.5, np.zeros(40), ())
    rivals = PlainRivals(DEFAULTED[rows], np.tile([0.1, 0.2], 20), (single,), {})
    model = 0.15 * DEFAULTED[rows] + np.random.default_rng(1).random(40)

    lead = check_leaks(model, rivals, policy=POLICY)

    assert not lead.fault


def test_two_inputs_that_hide_each_other_are_watched():
    inputs = tuple(SingleInput(name, 0.9, know(0.8), ()) for name in ("a", "b"))
    rest = {"a": know(0.8), "b": know(0.8), "": know(0.3)}

    found = check_leaks(know(0.8), PlainRivals(DEFAULTED, know(0.8), inputs, rest), policy=POLICY)

    assert found.fault == ""
    assert found.watch == "it rests on a and b"
    assert "a and b" in found.summary


def test_an_input_at_the_bound_is_compared_with_all_others():
    assert check(alone=0.8, rest=0.4, highest_input_roc_auc=0.9).fault
