"""Tell what differs between champion and challenger, and pair their probabilities on the rows of a contest."""

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH, Schema
from credit_default.data.splitting import Split
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import hash_row_keys
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.contest_rows import find_unseen, select_newest
from credit_default.services.training.fold_cache import cross_validate_recipe
from credit_default.services.training.slices import label_groups
from credit_default.settings import Settings


def find_nothing_to_judge(
    champion: CurrentChampion, challenger: Challenger, *, with_new_recipe: bool
) -> str:
    """Return why there is nothing to compare; empty where there is."""
    if champion.bundle.digest == challenger.bundle.digest:
        digest = champion.bundle.digest[:12]
        return f"the challenger equals version {champion.number}, digest {digest}: nothing to judge"
    if not with_new_recipe and _differs_by_policy_alone(champion.bundle, challenger.bundle):
        return (
            "only the decision policy differs: people decide what errors cost, by `models promote`"
        )
    return ""


def _differs_by_policy_alone(old: ModelBundle, new: ModelBundle) -> bool:
    return (
        old.decision_policy != new.decision_policy
        and np.array_equal(old.trained_rows, new.trained_rows)
        and set(old.source_digests) == set(new.source_digests)
    )


def is_new_recipe(settings: Settings, old: ModelBundle, new: ModelBundle) -> bool:
    """Return whether the models differ by more than their rows; a leaf that follows their number is no difference."""
    default_count = round(old.default_share * old.row_count)
    same_for_old = settings.find_recipe(old.row_count, default_count=default_count).recipe
    return old.recipe not in {new.recipe, same_for_old} or old.features != new.features


def pair_frozen(
    wiring: Wiring, rows: pl.DataFrame, champion: CurrentChampion, challenger: Challenger
) -> PairedScores:
    """Pair both models as they are."""
    old, new = (score_probability(model.bundle, rows) for model in (champion, challenger))
    return pair_predictions(wiring.schema, rows, old, new)


def pair_test_side(
    test: pl.DataFrame, champion: CurrentChampion, challenger: Challenger
) -> PairedScores:
    """Pair both models as they are on the test rows that the champion did not learn from."""
    unseen = find_unseen(test, champion.bundle)
    return PairedScores(
        challenger.test_defaulted[unseen],
        score_probability(champion.bundle, test.filter(pl.Series(unseen))),
        challenger.test_probability[unseen],
        clients=test[CLIENT_ID].to_numpy()[unseen],
    )


def pair_learned(
    wiring: Wiring,
    rows: pl.DataFrame,
    sides: Split,
    champion: CurrentChampion,
    challenger: Challenger,
) -> PairedScores:
    """Pair the champion with the challenger's forests that did not see the clients of these development rows."""
    assert challenger.out_of_fold is not None
    chosen = np.isin(hash_row_keys(sides.development), hash_row_keys(rows))
    old = score_probability(champion.bundle, rows)
    return pair_predictions(wiring.schema, rows, old, challenger.out_of_fold[chosen])


def pair_recipes(wiring: Wiring, champion: CurrentChampion, challenger: Challenger) -> PairedScores:
    """Pair both recipes, fitted on the same folds of a small lake's rows."""
    judged = challenger.judged
    assert judged.folded is not None
    rows = judged.folded
    old = cross_validate_recipe(
        wiring, champion.bundle.recipe, rows, seed=0, features=champion.bundle.features
    )
    served = challenger.regime.covers(rows[STATEMENT_MONTH])
    return pair_predictions(
        wiring.schema, judged.rows, old.default_probability[served], judged.probability
    )


def pair_new_rows(
    wiring: Wiring, champion: CurrentChampion, challenger: Challenger
) -> tuple[PairedScores, pl.DataFrame]:
    """Pair the champion as it is with the challenger's recipe out of fold, on the newest rows that it did not learn from.

    The champion may have seen earlier months of some of these clients, the models of the folds have not: that is
    against the challenger.

    Returns:
        The pair, and the rows.
    """
    judged = challenger.judged
    unseen = find_unseen(judged.rows, champion.bundle)
    newest = select_newest(
        judged.rows.filter(pl.Series(unseen)), row_count=wiring.settings.refresh.contest_row_count
    )
    chosen = (
        unseen & judged.rows[STATEMENT_MONTH].is_in(newest[STATEMENT_MONTH].implode()).to_numpy()
    )
    old = score_probability(champion.bundle, newest)
    return pair_predictions(wiring.schema, newest, old, judged.probability[chosen]), newest


def pair_predictions(
    schema: Schema, rows: pl.DataFrame, old: np.ndarray, new: np.ndarray
) -> PairedScores:
    """Pair probabilities of the same rows, with the divisions and clients of these."""
    groups = label_groups(rows, schema=schema)
    return PairedScores(
        rows[OUTCOME].to_numpy(),
        old,
        new,
        groups=groups.labels,
        protected=groups.protected,
        clients=rows[CLIENT_ID].to_numpy(),
    )
