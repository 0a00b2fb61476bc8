"""What the forest is worth: by how much it beats models that fit on a page, on clients that none of them saw."""

from collections.abc import Mapping
from dataclasses import dataclass

from credit_default.data.splitting import Split
from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.model.evaluation.baselines import BaselineScores, score_baselines
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger


@dataclass(frozen=True, slots=True)
class BaselineComparison:
    """A rival's figures on the test side, and the model's gains over it; both by the names of `gates.contest.MEASURES`.

    A gain is positive where the model is better; its interval is paired, 95 %.
    """

    name: str
    meaning: str
    metrics: Mapping[str, float]
    gains: Mapping[str, Gain]


def compare_baselines(
    wiring: Wiring, challenger: Challenger, sides: Split
) -> tuple[BaselineComparison, ...]:
    """The challenger against each rival, which learned the challenger's features on the same development side."""
    rivals = score_baselines(
        sides.development,
        sides.test,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        include_protected=challenger.bundle.recipe.include_protected,
        seed=wiring.settings.seed,
    )
    return tuple(_compare(wiring, challenger, rival) for rival in rivals)


def _compare(wiring: Wiring, challenger: Challenger, rival: BaselineScores) -> BaselineComparison:
    measured = measure_gains(
        PairedScores(
            challenger.test_defaulted, rival.default_probability, challenger.test_probability
        ),
        decision_policy=wiring.settings.decision,
        confidence=0.95,
        resample_count=300,
        seed=wiring.settings.seed,
    )
    return BaselineComparison(
        rival.family.name,
        rival.family.meaning,
        {gain.measure: gain.champion for gain in measured},
        {gain.measure: gain for gain in measured},
    )
