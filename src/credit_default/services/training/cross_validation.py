"""Cross-validate a challenger: its metrics on pooled out-of-fold probabilities, for fixed draws of folds."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.fold_cache import FOLD_COUNT, cross_validate_recipe
from credit_default.services.training.training_rows import TrainingRows

_LOG = logging.getLogger(__name__)

__all__ = [
    "FOLD_COUNT",
    "FOLD_SEEDS",
    "CrossValidation",
    "cross_validate_challenger",
    "cross_validate_recipe",
]

# Fixed beforehand: a figure in a document is the mean over these draws of folds.
FOLD_SEEDS: Final = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """One evaluation of pooled out-of-fold probabilities for each seed of `FOLD_SEEDS`."""

    evaluations: tuple[Evaluation, ...]

    def average(self) -> Mapping[str, float]:
        """Return each metric's mean over the seeds."""
        count = len(self.evaluations)
        return {
            name: sum(evaluation.metrics[name].value for evaluation in self.evaluations) / count
            for name in self.evaluations[0].metrics
        }


def cross_validate_challenger(
    wiring: Wiring, challenger: Challenger, training: TrainingRows
) -> CrossValidation:
    """Evaluate the challenger's recipe on all rows, each scored by a forest that did not see it."""
    rows = training.rows.sort(KEY)
    defaulted, recipe = rows[OUTCOME].to_numpy(), challenger.bundle.recipe
    evaluations = []
    for seed in FOLD_SEEDS:
        out_of_fold = cross_validate_recipe(wiring, recipe, rows, seed=seed)
        policy = wiring.settings.decision
        evaluations.append(
            evaluate(
                defaulted,
                out_of_fold.default_probability,
                policy=policy,
                seed=seed,
                clients=rows[CLIENT_ID].to_numpy(),
            )
        )
    _LOG.info(
        "cross-validated challenger digest=%s row_count=%d draw_count=%d",
        challenger.bundle.digest[:12],
        rows.height,
        len(FOLD_SEEDS),
    )
    return CrossValidation(tuple(evaluations))
