"""Compare a challenger with simple rivals on the test side, whose clients none of the models saw.

The baselines (a scorecard, a small tree, the base rate) fit on a page and use the model's features. Boosting on all inputs,
and the input that ranks best alone, use the inputs as they are. The gains over them show what the model is worth.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from credit_default.data.contract.schema import CLIENT_ID
from credit_default.data.splitting import Split
from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.leak_check import check_leaks
from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.gates.promotion.rival_check import RivalGain, check_rivals
from credit_default.model.evaluation.baselines import score_baselines
from credit_default.model.evaluation.plain_rivals import PlainRivals, score_plain_rivals
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)
# The families of models by which a rival could be champion.
_FAMILIES: Final = {"scorecard": "scorecard", "boosting": "boosting"}


@dataclass(frozen=True, slots=True)
class BaselineComparison:
    """A rival's figures on the test side, and the challenger's gains over it.

    Both are by the names of the measures in `gates.promotion.paired_gains`. A gain is positive where
    the challenger is better; its 95 % interval is from the paired bootstrap.
    """

    name: str
    meaning: str
    metrics: Mapping[str, float]
    gains: Mapping[str, Gain]


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """What simple models make of the same rows: the comparisons, and what the inputs say as they are."""

    baselines: tuple[BaselineComparison, ...]
    plain: PlainRivals


def measure_rivals(wiring: Wiring, challenger: Challenger, sides: Split) -> Rivals | None:
    """Fit the rivals on the development side and compare the challenger with each of them on the test side.

    Returns:
        The rivals; None where the test side has one outcome only, so that nothing can be compared.
    """
    evaluation = challenger.evaluation
    if not 0 < evaluation.default_count < evaluation.row_count:
        return None
    plain = score_plain_rivals(
        sides.development,
        sides.test,
        inputs=challenger.bundle.input_names,
        strong_from=wiring.settings.promotion.highest_input_roc_auc,
        seed=wiring.settings.seed,
    )
    baselines = score_baselines(
        sides.development,
        sides.test,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        include_protected=challenger.bundle.recipe.include_protected,
        seed=wiring.settings.seed,
    )
    scored = [
        *((one.family.name, one.family.meaning, one.default_probability) for one in baselines),
        ("boosting", "on the inputs as they are", plain.boosting),
        *(
            ("best input", f"a small tree on {single.name} alone", single.default_probability)
            for single in plain.inputs[:1]
        ),
    ]
    _LOG.info("compared challenger with rivals rival_count=%d", len(scored))
    clients = sides.test[CLIENT_ID].to_numpy()
    return Rivals(
        tuple(_compare(wiring.settings, challenger, *rival, clients=clients) for rival in scored),
        plain,
    )


def check_beside_rivals(
    wiring: Wiring, challenger: Challenger, rivals: Rivals
) -> tuple[Check, ...]:
    """Check the challenger beside its rivals: for leaks, and for a rival that ranks better."""
    policy = wiring.settings.promotion
    gains = [
        RivalGain(rival.name, rival.gains["roc_auc"], family=_FAMILIES.get(rival.name, ""))
        for rival in rivals.baselines
    ]
    return (
        check_leaks(challenger.test_probability, rivals.plain, policy=policy),
        check_rivals(gains, family=challenger.bundle.recipe.family, policy=policy),
    )


def _compare(
    settings: Settings,
    challenger: Challenger,
    name: str,
    meaning: str,
    probability: np.ndarray,
    *,
    clients: np.ndarray,
) -> BaselineComparison:
    scores = PairedScores(
        challenger.test_defaulted, probability, challenger.test_probability, clients=clients
    )
    measured = measure_gains(
        scores,
        decision_policy=settings.decision,
        confidence=0.95,
        resample_count=300,
        seed=settings.seed,
    )
    return BaselineComparison(
        name,
        meaning,
        {gain.measure: gain.champion for gain in measured},
        {gain.measure: gain for gain in measured},
    )
