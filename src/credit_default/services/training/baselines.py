"""Compare a challenger with simple baselines on the test side, whose clients none of the models saw.

The baselines (a scorecard, a small tree, the base rate) fit on a page; the gains over them show what the forest is worth.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from credit_default.data.contract.schema import CLIENT_ID
from credit_default.data.splitting import Split
from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.model.evaluation.baselines import BaselineScores, score_baselines
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BaselineComparison:
    """A baseline's figures on the test side, and the challenger's gains over it.

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
    """Compare the challenger with each baseline, fitted on its features and its development side."""
    baselines = score_baselines(
        sides.development,
        sides.test,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        include_protected=challenger.bundle.recipe.include_protected,
        seed=wiring.settings.seed,
    )
    _LOG.info("compared challenger with baselines baseline_count=%d", len(baselines))
    clients = sides.test[CLIENT_ID].to_numpy()
    return tuple(
        _compare(wiring.settings, challenger, baseline, clients=clients) for baseline in baselines
    )


def _compare(
    settings: Settings, challenger: Challenger, baseline: BaselineScores, *, clients: np.ndarray
) -> BaselineComparison:
    scores = PairedScores(
        challenger.test_defaulted,
        baseline.default_probability,
        challenger.test_probability,
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
