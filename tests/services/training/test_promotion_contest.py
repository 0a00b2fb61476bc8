"""Planted challengers, worse, equal and better, go through each of the three comparisons with real bundles."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.data.splitting import Split, split
from credit_default.errors import InputError
from credit_default.gates.ledger.version_events import ChampionKept
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.promotion_verdict import judge_refresh
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.champion.contest_attempts import add_attempt
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.contest_rows import select_newest
from credit_default.services.training.cross_validation import cross_validate_recipe
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.training_rows import TrainingRows

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
GOOD = Recipe(tree_count=20, maximum_depth=6)
STUMPS = Recipe(tree_count=5, maximum_depth=1)
# small forests on few rows hardly differ, and stumps treat all clients alike: tests/gates plants what is wrong with that
LENIENT = {"lowest_slope": 0.6, "highest_slope": 1.6, "fairness_margin": 0.3}


def shuffle_outcomes(rows):
    """The rows with the outcomes of other clients: nothing can be learned from them."""
    return rows.with_columns(pl.col("defaulted").shuffle(seed=1))


@pytest.fixture(scope="module")
def sides(known_rows):
    return split(known_rows)


@pytest.fixture(scope="module")
def folds(tmp_path_factory):
    """One cache for all tests: some recipes are compared more than once."""
    return str(tmp_path_factory.mktemp("folds"))


@pytest.fixture
def challenge(make_wiring, folds):
    """A challenger of this recipe, trained on these rows, and the wiring that judges it."""

    def make(sides, recipe=GOOD):
        wiring = make_wiring(recipe=recipe, cache=folds, promotion=LENIENT)
        training = TrainingRows(pl.concat([sides.development, sides.test]), (), "simulated", 0, ())
        return wiring, fit_challenger(wiring, training, sides)

    return make


@pytest.fixture
def train_champion(wiring):
    """A champion of this recipe, trained on these rows."""

    def make(rows, recipe=GOOD, *, data_origin="simulated"):
        settings = wiring.settings
        bundle = fit(
            recipe,
            rows,
            schema=wiring.schema,
            features=wiring.portfolio.features,
            decision_policy=settings.decision,
        )
        return CurrentChampion(bundle, 3, data_origin)

    return make


def test_first_model_that_has_learned_something_is_promoted(challenge, sides):
    wiring, challenger = challenge(sides)

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=None)

    assert verdict.level == "ok"
    assert verdict.figures["roc_auc"] > 0.72


def test_first_model_that_has_learned_nothing_is_refused(challenge, sides):
    wiring, challenger = challenge(replace(sides, development=shuffle_outcomes(sides.development)))

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=None)

    assert verdict.level == "refused"
    assert any("ROC AUC" in reason for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("champion_recipe", "challenger_recipe", "level", "word"),
    [
        (STUMPS, GOOD, "ok", "challenger wins"),
        pytest.param(
            GOOD,
            STUMPS,
            "refused",
            "champion stays: worse beyond noise",
            marks=pytest.mark.nightly,
        ),
        (GOOD, replace(GOOD, seed=1), "refused", "champion stays: a tie"),
    ],
    ids=["better", "worse", "equal"],
)
def test_new_recipe_becomes_champion_only_when_it_is_better(
    challenge, train_champion, sides, champion_recipe, challenger_recipe, level, word
):
    wiring, challenger = challenge(sides, challenger_recipe)
    champion = train_champion(sides.development, champion_recipe)

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    assert verdict.level == level
    assert word in verdict.reasons[0]
    assert "out of fold" in verdict.reasons[0]


def test_refresh_replaces_a_champion_that_learned_nothing(challenge, train_champion, sides):
    wiring, challenger = challenge(sides)
    champion = train_champion(shuffle_outcomes(sides.development))

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    assert verdict.level == "ok"
    assert "on the newest rows" in verdict.reasons[0]


@pytest.mark.nightly
def test_another_seed_on_the_same_rows_is_another_attempt(challenge, train_champion, sides):
    champion = train_champion(shuffle_outcomes(sides.development))
    verdicts = []
    for seed in (0, 1):
        wiring, challenger = challenge(sides, replace(GOOD, seed=seed))
        same_recipe = replace(
            champion, bundle=replace(champion.bundle, recipe=challenger.bundle.recipe)
        )
        verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=same_recipe)
        event = ChampionKept(model_digest=challenger.bundle.digest, level="refused", by="gate")
        append_ledger_entry(
            wiring, add_attempt(event, verdict.attempt), key=f"judged {seed}", at=NOON
        )
        verdicts.append(verdict)

    assert [verdict.attempt.number for verdict in verdicts] == [1.0, 2.0]
    assert verdicts[0].attempt.rows.side == "test"
    assert sum(verdicts[0].attempt.rows.month_counts.values()) >= 400
    assert any(reason.startswith("attempt 2 on these rows: ") for reason in verdicts[1].reasons)


def test_refresh_that_learned_nothing_is_refused(challenge, train_champion, sides):
    wiring, challenger = challenge(replace(sides, development=shuffle_outcomes(sides.development)))
    champion = train_champion(sides.development)

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    assert verdict.level == "refused"
    assert "worse beyond noise" in verdict.reasons[0]


def test_refresh_that_makes_no_difference_keeps_the_champion(challenge, train_champion, sides):
    wiring, challenger = challenge(sides)
    champion = train_champion(sides.development.slice(20))

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    assert verdict.level == "refused"
    assert verdict.reasons[0].startswith("champion stays: a tie")
    assert "on the newest rows" in verdict.reasons[0]


def judge_on_october(challenge, train_champion, sides, *, forgotten_share):
    """The verdict on a challenger of a new regime, October, and that by its held-out clients alone.

    The champion learned September; the outcomes of a share of its clients are those of others.
    """
    september = sides.development.filter(statement_month="2005-09")
    known = int(september.height * (1 - forgotten_share))
    champion = train_champion(
        pl.concat([september.head(known), shuffle_outcomes(september.slice(known))])
    )
    is_known = pl.col("statement_month") < "2005-11"
    october = Split(
        sides.development.filter(is_known), sides.test.filter(statement_month="2005-10")
    )
    wiring, challenger = challenge(october)
    settings = wiring.settings
    folds = cross_validate_recipe(wiring, GOOD, october.development, seed=0)
    of_new_regime = replace(challenger, out_of_fold=folds.default_probability)
    scores = (
        score_probability(bundle, october.test) for bundle in (champion.bundle, challenger.bundle)
    )
    alone = judge_refresh(
        PairedScores(october.test["defaulted"].to_numpy(), *scores),
        decision_policy=settings.decision,
        policy=settings.promotion,
    )
    return judge_challenger(wiring, of_new_regime, october, now=NOON, champion=champion), alone


def test_a_gain_that_few_held_out_clients_cannot_show_is_shown_by_the_others_out_of_fold(
    challenge, train_champion, sides
):
    verdict, alone = judge_on_october(challenge, train_champion, sides, forgotten_share=0.4)

    assert alone.reasons[0].startswith("champion stays: a tie")
    assert verdict.level == "ok"
    assert "out of fold" in verdict.reasons[0]
    assert verdict.attempt.rows.side == "development"
    assert [*verdict.attempt.rows.month_counts] == ["2005-10"]


def test_a_refresh_that_learned_little_new_is_a_tie_out_of_fold_too(
    challenge, train_champion, sides
):
    verdict, alone = judge_on_october(challenge, train_champion, sides, forgotten_share=0.0)

    assert alone.level == verdict.level == "refused"
    assert "out of fold" in verdict.reasons[0]


def test_rows_that_the_champion_was_trained_on_never_enter_a_refresh_comparison(
    challenge, train_champion, sides
):
    wiring, challenger = challenge(sides)
    newest = sides.test["statement_month"].max()
    champion = train_champion(
        pl.concat([sides.development, sides.test.filter(statement_month=newest)])
    )

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    unseen = sides.test.filter(pl.col("statement_month") < newest)
    scores = (score_probability(bundle, unseen) for bundle in (champion.bundle, challenger.bundle))
    alone = judge_refresh(
        PairedScores(
            unseen["defaulted"].to_numpy(), *scores, clients=unseen["client_id"].to_numpy()
        ),
        decision_policy=wiring.settings.decision,
        policy=wiring.settings.promotion,
    )
    assert {name: verdict.figures[name] for name in alone.figures} == alone.figures


def test_refresh_is_not_judged_on_nothing_when_the_champion_knows_every_row(
    challenge, train_champion, sides
):
    wiring, challenger = challenge(sides)
    champion = train_champion(pl.concat([sides.development, sides.test]))

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    assert verdict.level == "refused"
    assert verdict.figures == {}


def test_rows_that_the_champion_was_trained_on_do_not_confirm_a_recipe_either(
    challenge, train_champion, sides
):
    wiring, challenger = challenge(sides)
    few = sides.test.head(300)
    champion = train_champion(pl.concat([sides.development, few]), STUMPS)

    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=champion)

    unseen = sides.test.slice(300)
    expected = score_probability(champion.bundle, unseen)
    brier = float(np.mean((expected - unseen["defaulted"].to_numpy()) ** 2))
    assert verdict.figures["test_champion_brier"] == pytest.approx(brier)


def test_same_model_again_is_refused_without_a_comparison(challenge, sides):
    wiring, challenger = challenge(sides)

    verdict = judge_challenger(
        wiring,
        challenger,
        sides,
        now=NOON,
        champion=CurrentChampion(challenger.bundle, 8, "simulated"),
    )

    assert verdict.level == "refused"
    assert verdict.reasons[0].startswith("champion stays: the challenger equals version 8, digest")


def test_real_and_simulated_clients_are_never_compared(challenge, train_champion, sides):
    wiring, challenger = challenge(sides)

    with pytest.raises(InputError, match="simulated clients"):
        judge_challenger(
            wiring,
            challenger,
            sides,
            champion=train_champion(sides.development, data_origin="real"),
            now=NOON,
        )


def test_verdict_does_not_depend_on_the_order_of_the_rows(
    challenge, train_champion, sides, known_rows
):
    shuffled = split(known_rows.sample(fraction=1.0, shuffle=True, seed=2))
    champion = train_champion(sides.development, STUMPS)

    verdicts = [
        judge_challenger(*challenge(s), s, champion=champion, now=NOON) for s in (sides, shuffled)
    ]

    assert verdicts[0] == verdicts[1]


def count_months(rows):
    return dict(rows.group_by("statement_month").len().sort("statement_month").iter_rows())


def make_rows(**counts):
    months = [month.replace("_", "-")[1:] for month, count in counts.items() for _ in range(count)]
    return pl.DataFrame(
        {"client_id": [f"c{i}" for i in range(len(months))], "statement_month": months}
    )


@pytest.mark.parametrize(
    ("row_count", "expected"),
    [
        (1, {"2005-12": 3}),
        (3, {"2005-12": 3}),
        (4, {"2005-11": 4, "2005-12": 3}),
        (8, {"2005-10": 5, "2005-11": 4, "2005-12": 3}),
        (99, {"2005-10": 5, "2005-11": 4, "2005-12": 3}),
    ],
)
def test_newest_rows_are_whole_months(row_count, expected):
    rows = make_rows(_2005_10=5, _2005_12=3, _2005_11=4)

    assert count_months(select_newest(rows, row_count=row_count)) == expected


def test_no_rows_have_no_newest_ones():
    assert select_newest(make_rows(), row_count=5).is_empty()


def test_challenger_that_is_not_what_it_declares_is_never_compared(challenge, sides):
    wiring, challenger = challenge(sides)
    other = replace(challenger, bundle=replace(challenger.bundle, schema_version="0"))

    first = judge_challenger(wiring, other, sides, champion=None, now=NOON)
    later = judge_challenger(
        wiring, other, sides, champion=CurrentChampion(challenger.bundle, 8, "simulated"), now=NOON
    )

    fault = "it was trained for schema credit-card 0, not credit-card 1 and its digest is not that of its content"
    assert (first.level, first.reasons) == ("refused", (fault,))
    assert (later.level, later.reasons) == ("refused", (f"champion stays: {fault}",))
