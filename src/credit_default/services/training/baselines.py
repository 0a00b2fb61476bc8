"""Compare a challenger with simple rivals on the rows that it is judged by, whose clients none of the models saw.

The baselines (a scorecard, a small tree, the base rate) fit on a page and use the model's features. Boosting on all inputs,
and the input that ranks best alone, use the inputs as they are. The gains over them show what the model is worth.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split, assign_folds
from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.leak_check import check_leaks
from credit_default.gates.promotion.paired_gains import Gain, PairedScores, measure_gains
from credit_default.gates.promotion.rival_check import RivalGain, check_rivals
from credit_default.model.evaluation.baselines import score_baselines
from credit_default.model.evaluation.plain_rivals import PlainRivals, score_plain_rivals
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.fold_cache import FOLD_COUNT
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)
# The families of models by which a rival could be champion.
_FAMILIES: Final = {"scorecard": "scorecard", "boosting": "boosting"}


@dataclass(frozen=True, slots=True)
class BaselineComparison:
    """A rival's figures on the judged rows, and the challenger's gains over it.

    Both are by the names of the measures in `gates.promotion.paired_gains`. A gain is positive where
    the challenger is better; its 95 % interval is from the paired bootstrap.
    """

    name: str
    meaning: str
    metrics: Mapping[str, float]
    gains: Mapping[str, Gain]


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """What simple models make of the same rows: the comparisons, and what the inputs say of the test side as they are."""

    baselines: tuple[BaselineComparison, ...]
    plain: PlainRivals


@dataclass(frozen=True, slots=True, eq=False)
class _ScoredRival:
    name: str
    meaning: str
    probability: np.ndarray


def measure_rivals(wiring: Wiring, challenger: Challenger, sides: Split) -> Rivals | None:
    """Fit the rivals and compare the challenger with each of them on the rows that it is judged by.

    Where the challenger is judged out of fold, so are the rivals, on the same folds.

    Returns:
        The rivals; None where the rows, or those of the test side, have one outcome only, so that nothing can be compared.
    """
    judged = challenger.judged
    if judged.rows[OUTCOME].n_unique() < 2 or sides.test[OUTCOME].n_unique() < 2:  # noqa: PLR2004 - both outcomes
        return None
    plain = _score_plain(wiring, challenger, sides)
    best = [single.name for single in plain.inputs[:1]]
    scored = (
        _score_rivals(wiring, challenger, sides, plain=plain, best=best)
        if judged.folded is None
        else _score_folds(wiring, challenger, judged.folded, best=best)
    )
    _LOG.info("compared challenger with rivals rival_count=%d", len(scored))
    clients = judged.rows[CLIENT_ID].to_numpy()
    compared = (_compare(wiring.settings, challenger, rival, clients=clients) for rival in scored)
    return Rivals(tuple(compared), plain)


def _score_plain(wiring: Wiring, challenger: Challenger, sides: Split) -> PlainRivals:
    return score_plain_rivals(
        sides.development,
        sides.test,
        inputs=challenger.bundle.input_names,
        strong_from=wiring.settings.promotion.highest_input_roc_auc,
        seed=wiring.settings.seed,
    )


def _score_rivals(
    wiring: Wiring,
    challenger: Challenger,
    sides: Split,
    *,
    plain: PlainRivals,
    best: Sequence[str],
) -> list[_ScoredRival]:
    baselines = score_baselines(
        sides.development,
        sides.test,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        include_protected=challenger.bundle.recipe.include_protected,
        seed=wiring.settings.seed,
    )
    singles = [single for single in plain.inputs if single.name in best]
    return [
        *(
            _ScoredRival(one.family.name, one.family.meaning, one.default_probability)
            for one in baselines
        ),
        _ScoredRival("boosting", "on the inputs as they are", plain.boosting),
        *(
            _ScoredRival("best input", f"a small tree on {one.name} alone", one.default_probability)
            for one in singles
        ),
    ]


def _score_folds(
    wiring: Wiring, challenger: Challenger, rows: pl.DataFrame, *, best: Sequence[str]
) -> list[_ScoredRival]:
    """Return each rival's out-of-fold probabilities, on the folds and of the months that the challenger is judged on."""
    fold = assign_folds(rows, fold_count=FOLD_COUNT, seed=0)
    parts = []
    for number in range(FOLD_COUNT):
        sides = Split(rows.filter(fold != number), rows.filter(fold == number))
        plain = _score_plain(wiring, challenger, sides)
        parts.append(_score_rivals(wiring, challenger, sides, plain=plain, best=best))
    served = challenger.regime.covers(rows[STATEMENT_MONTH])
    pooled = []
    for place, first in enumerate(parts[0]):
        probability = np.full(rows.height, np.nan)
        for number, part in enumerate(parts):
            probability[fold == number] = part[place].probability
        pooled.append(replace(first, probability=probability[served]))
    return pooled


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
    settings: Settings, challenger: Challenger, rival: _ScoredRival, *, clients: np.ndarray
) -> BaselineComparison:
    judged = challenger.judged
    scores = PairedScores(judged.defaulted, rival.probability, judged.probability, clients=clients)
    measured = measure_gains(
        scores,
        decision_policy=settings.decision,
        confidence=0.95,
        resample_count=300,
        seed=settings.seed,
    )
    return BaselineComparison(
        rival.name,
        rival.meaning,
        {gain.measure: gain.champion for gain in measured},
        {gain.measure: gain for gain in measured},
    )
