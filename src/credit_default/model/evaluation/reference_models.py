"""Measure other model families on the same features, to show what the forest leaves unused.

They are measured, logged and reported beside the forest on the same folds, and are not registered:
what may be is in `model/families` (docs/adr/0028). Each is a plain scikit-learn estimator that
takes the feature matrix, with parameters chosen once from a handful and not searched.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.estimator.fitting import OutOfFold
from credit_default.model.evaluation.cross_validation import FoldedRows, cross_validate_estimator

_BIN_COUNT: Final = 10
_BLEND_WEIGHTS: Final = (2, 4, 1, 1)  # members that rank better alone count more
_CLIP_DEVIATIONS: Final = 3.0  # standard deviations at which a network's inputs are clipped


@dataclass(frozen=True, slots=True)
class Family:
    """A model family.

    Attributes:
        name: The family's name in reports and logs.
        meaning: What the model is, in a few words.
        build: Makes an unfitted estimator from a seed.
    """

    name: str
    meaning: str
    build: Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class _Booster:
    name: str
    learning_rate: float
    round_count: int
    leaf_count: int
    column_share: float


_BOOSTERS: Final = (
    _Booster("quick", learning_rate=0.04, round_count=200, leaf_count=12, column_share=0.3),
    _Booster("slow", learning_rate=0.02, round_count=400, leaf_count=12, column_share=0.15),
    _Booster("shallow", learning_rate=0.04, round_count=300, leaf_count=6, column_share=0.3),
)


def cross_validate_families(
    folded: FoldedRows, *, seed: int, job_count: int = 1
) -> Iterator[tuple[Family, OutOfFold]]:
    """Yield each of `FAMILIES` with its out-of-fold probabilities, in that order.

    The blend's members are fitted once: the weighted mean of their probabilities is what
    `build_blend` would give, because its weights are fixed.

    Args:
        folded: The feature matrix, outcomes and folds.
        seed: Seed of every estimator.
        job_count: Cores to fit with; -1 for all.
    """
    members = []
    for family in (FOREST, *MEMBERS):
        members.append(
            cross_validate_estimator(folded, partial(family.build, seed), job_count=job_count)
        )
        if family is not FOREST:
            yield family, members[-1]
    blended = np.average(
        [member.default_probability for member in members], axis=0, weights=_BLEND_WEIGHTS
    )
    yield BLEND, OutOfFold(blended, folded.fold)


def _build_forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        100,
        criterion="entropy",
        max_depth=10,
        min_samples_leaf=30,
        max_features=0.3,
        max_samples=0.5,
        random_state=seed,
    )


def _build_boosting(seed: int) -> Any:
    """Build three boosters that differ in depth, learning rate and seed.

    A single booster depends more on its random draws.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier

    boosters = [
        (
            booster.name,
            HistGradientBoostingClassifier(
                learning_rate=booster.learning_rate,
                max_iter=booster.round_count,
                max_leaf_nodes=booster.leaf_count,
                max_features=booster.column_share,
                min_samples_leaf=60,
                l2_regularization=10,
                early_stopping=False,
                random_state=seed + position,
            ),
        )
        for position, booster in enumerate(_BOOSTERS)
    ]
    return VotingClassifier(boosters, voting="soft")


def _build_splines(seed: int) -> Any:
    """Build a logistic regression on splines of ranks.

    Amounts span five orders of magnitude; on ranks the knots divide the clients evenly.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer, SplineTransformer

    return make_pipeline(
        QuantileTransformer(n_quantiles=200, subsample=None, random_state=seed),
        SplineTransformer(n_knots=5, degree=3, include_bias=False),
        LogisticRegression(C=0.05, max_iter=500),
    )


def _build_networks(seed: int) -> Any:
    """Build four small networks, whose mean is more stable than the best of them."""
    from sklearn.ensemble import VotingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, QuantileTransformer

    networks = [(f"network {n}", _build_network(4 * seed + n)) for n in range(4)]
    return make_pipeline(
        QuantileTransformer(
            n_quantiles=200, subsample=None, output_distribution="normal", random_state=seed
        ),
        FunctionTransformer(
            np.clip, kw_args={"a_min": -_CLIP_DEVIATIONS, "a_max": _CLIP_DEVIATIONS}
        ),
        VotingClassifier(networks, voting="soft"),
    )


def _build_network(seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        (32, 16), alpha=0.3, learning_rate_init=2e-3, early_stopping=True, random_state=seed
    )


def build_blend(seed: int) -> Any:
    """Build the weighted mean of the probabilities of a forest and of each of `MEMBERS`.

    The weights are fixed, so that nothing but the members is fitted.

    Args:
        seed: Seed of every member.
    """
    from sklearn.ensemble import VotingClassifier

    members = [(family.name, family.build(seed)) for family in (FOREST, *MEMBERS)]
    return VotingClassifier(members, voting="soft", weights=_BLEND_WEIGHTS)


def build_scorecard(seed: int) -> Any:
    """Build a points scorecard: logistic regression on the weight of evidence of binned features.

    Each feature is cut into ten bins by rank, and each bin is replaced by its log odds of default.
    While fitting, the bins are encoded out of fold, so that sparse bins do not reveal the outcome.

    Args:
        seed: Seed of the ranks and of the encoding's folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, QuantileTransformer, TargetEncoder

    return make_pipeline(
        QuantileTransformer(n_quantiles=100, subsample=None, random_state=seed),
        FunctionTransformer(_cut_bins),
        TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=seed)),
        FunctionTransformer(_compute_log_odds),
        LogisticRegression(C=0.05, max_iter=500),
    )


def _cut_bins(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(np.floor(ranks * _BIN_COUNT), _BIN_COUNT - 1)


def _compute_log_odds(share: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(share, 1e-4, 1 - 1e-4)
    log_odds: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return log_odds


FOREST: Final = Family(
    "forest", "a forest of 100 trees of depth 10, a member of the blend", _build_forest
)
MEMBERS: Final = (
    Family("boosting", "three histogram gradient boosters", _build_boosting),
    Family("networks", "four small neural networks on ranks", _build_networks),
    Family("spline logistic", "logistic regression on cubic splines of ranks", _build_splines),
)
SCORECARD: Final = Family(
    "scorecard",
    "logistic regression on the weight of evidence of ten bins a feature",
    build_scorecard,
)
BLEND: Final = Family(
    "blend", "the weighted mean of a forest, boosting, networks and spline logistic", build_blend
)
FAMILIES: Final = (*MEMBERS, BLEND)
