"""Compare the winner of a search, and other families of models, with the recipe in force.

All are measured on one draw of folds, which is not the one that the search used: a recipe that won by fitting that draw's
noise has to win again. Differences are paired, since all of them score the same clients.
"""

import logging
from collections.abc import Iterator

from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.model.estimator.fitting import OutOfFold
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.evaluation.cross_validation import FoldedRows, measure_out_of_fold
from credit_default.model.evaluation.reference_models import cross_validate_families
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.cross_validation import FOLD_SEEDS, cross_validate_recipe
from credit_default.services.tuning.trials import Search, fold_development
from credit_default.settings import Settings
from credit_default.views.terminal.tuning import RecipeComparison

_LOG = logging.getLogger(__name__)

CONFIRMING_SEED = FOLD_SEEDS[1]
IN_FORCE, TUNED = "recipe in force", "tuned recipe"


def compare_recipes(
    wiring: Wiring, search: Search, winner: Recipe, *, with_families: bool
) -> Iterator[RecipeComparison]:
    """Yield the figures of each candidate, with paired gains over the recipe in force.

    The recipe in force comes first, then the winner if it is another recipe, then the families.

    Args:
        wiring: The portfolio, the settings and the cache.
        search: The search that found the winner.
        winner: The recipe with the smallest loss.
        with_families: Whether to measure the other families of models too.

    Raises:
        RefusedError: A figure is too good to be true, which shows a leak.
    """
    folded = fold_development(wiring, search.rows, seed=CONFIRMING_SEED)
    recipe = wiring.settings.recipe
    old = cross_validate_recipe(wiring, recipe, search.rows, seed=CONFIRMING_SEED)
    candidates = _score_candidates(wiring, search, folded, winner, with_families=with_families)
    for name, new in candidates:
        figures = measure_out_of_fold(folded, new, policy=wiring.settings.decision)
        search.check_leak_ceiling(figures["roc_auc"], thing=name)
        gains = {} if name == IN_FORCE else _measure_gains(wiring.settings, folded, old, new)
        _LOG.info("compared candidate study=%s candidate=%r", search.name, name)
        yield RecipeComparison(name, figures, gains)


def _score_candidates(
    wiring: Wiring, search: Search, folded: FoldedRows, winner: Recipe, *, with_families: bool
) -> Iterator[tuple[str, OutOfFold]]:
    recipes = {IN_FORCE: wiring.settings.recipe, TUNED: winner}
    for name, recipe in recipes.items():
        if name == IN_FORCE or recipe != wiring.settings.recipe:
            yield name, cross_validate_recipe(wiring, recipe, search.rows, seed=CONFIRMING_SEED)
    if with_families:
        for family, scored in cross_validate_families(
            folded, seed=CONFIRMING_SEED, job_count=wiring.settings.jobs
        ):
            yield family.name, scored


def _measure_gains(
    settings: Settings, folded: FoldedRows, old: OutOfFold, new: OutOfFold
) -> dict[str, Gain]:
    policy = settings.promotion
    scores = PairedScores(folded.defaulted, old.default_probability, new.default_probability)
    gains = measure_gains(
        scores,
        decision_policy=settings.decision,
        confidence=policy.confidence,
        resample_count=policy.resample_count,
        seed=policy.seed,
    )
    return {gain.measure: gain for gain in gains}
