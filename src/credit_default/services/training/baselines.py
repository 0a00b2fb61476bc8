"""Compare a challenger with simple baselines on the rows that it is judged by, whose clients none of the models saw.

The baselines (a scorecard, a small tree, the base rate) fit on a page; the gains over them show what the forest is worth.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH
from credit_default.data.splitting import Split, assign_folds
from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.model.evaluation.baselines import BaselineScores, score_baselines
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.fold_cache import FOLD_COUNT
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BaselineComparison:
    """A baseline's figures on the judged rows, and the challenger's gains over it.

    Both are by the names of the measures in `gates.promotion.paired_gains`. A gain is positive where
    the challenger is better; its 95 % interval is from the paired bootstrap.
    """

    name: str
    meaning: str
    metrics: Mapping[str, float]
    gains: Mapping[str, Gain]


def compare_baselines(
    wiring: Wiring, challenger: Challenger, sides: Split
) -> tuple[BaselineComparison, ...]:
    """Compare the challenger with each baseline, fitted on its features and its development side.

    Where the challenger is judged out of fold, so are the baselines, on the same folds.
    """
    judged = challenger.judged
    if judged.folded is None:
        baselines = _score_baselines(wiring, challenger, sides)
    else:
        served = challenger.regime.covers(judged.folded[STATEMENT_MONTH])
        baselines = tuple(
            replace(each, default_probability=each.default_probability[served])
            for each in _score_folds(wiring, challenger, judged.folded)
        )
    _LOG.info("compared challenger with baselines baseline_count=%d", len(baselines))
    clients = judged.rows[CLIENT_ID].to_numpy()
    return tuple(
        _compare(wiring.settings, challenger, baseline, clients=clients) for baseline in baselines
    )


def _score_baselines(
    wiring: Wiring, challenger: Challenger, sides: Split
) -> tuple[BaselineScores, ...]:
    return score_baselines(
        sides.development,
        sides.test,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        include_protected=challenger.bundle.recipe.include_protected,
        seed=wiring.settings.seed,
    )


def _score_folds(
    wiring: Wiring, challenger: Challenger, rows: pl.DataFrame
) -> list[BaselineScores]:
    """Return each baseline's out-of-fold probabilities, on the folds that the challenger is judged on."""
    fold = assign_folds(rows, fold_count=FOLD_COUNT, seed=0)
    parts = [
        _score_baselines(wiring, challenger, Split(rows.filter(fold != n), rows.filter(fold == n)))
        for n in range(FOLD_COUNT)
    ]
    pooled = []
    for place, first in enumerate(parts[0]):
        probability = np.full(rows.height, np.nan)
        for number, part in enumerate(parts):
            probability[fold == number] = part[place].default_probability
        pooled.append(replace(first, default_probability=probability))
    return pooled


def _compare(
    settings: Settings, challenger: Challenger, baseline: BaselineScores, *, clients: np.ndarray
) -> BaselineComparison:
    scores = PairedScores(
        challenger.judged.defaulted,
        baseline.default_probability,
        challenger.judged.probability,
        clients=clients,
    )
    measured = measure_gains(
        scores,
        decision_policy=settings.decision,
        confidence=0.95,
        resample_count=300,
        seed=settings.seed,
    )
    return BaselineComparison(
        baseline.family.name,
        baseline.family.meaning,
        {gain.measure: gain.champion for gain in measured},
        {gain.measure: gain for gain in measured},
    )
