"""Who is better than whom: the winner of a search and the other families against the recipe in force.

All are measured on one draw of folds, and not the one that the search looked at: what won by fitting that draw's noise
has to win again. Differences are paired, since everybody scored the same clients.
"""

from collections.abc import Iterator

from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.model.estimator.fitting import OutOfFold
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.evaluation.cross_validation import FoldedRows, measure_out_of_fold
from credit_default.model.evaluation.reference_models import cross_validate_families
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.cross_validation import FOLD_SEEDS, cross_validate_recipe
from credit_default.services.tuning.trials import Search, fold_development
from credit_default.views.terminal.tuning import RecipeComparison

CONFIRMING_SEED = FOLD_SEEDS[1]
IN_FORCE, TUNED = "recipe in force", "tuned recipe"


def compare_recipes(
    wiring: Wiring, search: Search, winner: Recipe, *, with_families: bool
) -> Iterator[RecipeComparison]:
    """The recipe in force, the winner where it is another, then each family: figures, and paired gains over the first.

    Raises:
        RefusedError: one is beyond belief.
    """
    folded = fold_development(wiring, search.rows, seed=CONFIRMING_SEED)
    in_force = wiring.settings.recipe
    old = cross_validate_recipe(wiring, in_force, search.rows, seed=CONFIRMING_SEED)
    for name, new in _score_candidates(wiring, search, folded, winner, with_families=with_families):
        figures = measure_out_of_fold(folded, new, policy=wiring.settings.decision)
        search.refuse_leak(figures["roc_auc"], thing=name)
        gains = {} if name == IN_FORCE else _measure_gains(wiring, folded, old, new)
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
    wiring: Wiring, folded: FoldedRows, old: OutOfFold, new: OutOfFold
) -> dict[str, Gain]:
    policy = wiring.settings.promotion
    contest = PairedScores(folded.defaulted, old.default_probability, new.default_probability)
    gains = measure_gains(
        contest,
        decision_policy=wiring.settings.decision,
        confidence=policy.confidence,
        resample_count=policy.resample_count,
        seed=policy.seed,
    )
    return {gain.measure: gain for gain in gains}
