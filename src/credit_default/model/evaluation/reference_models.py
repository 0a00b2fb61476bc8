"""Other families than the forest, on the same features: what the data would give to a model that we do not seat.

They are measured, logged and reported beside the forest on the same folds, and cannot be registered: what the loader
takes from an artifact stays one structure, a forest's (docs/adr/0014 has the price). Each is a plain scikit-learn
estimator that takes the feature matrix, with figures chosen once from a handful, not searched.
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
_BLEND_WEIGHTS: Final = (2, 4, 1, 1)  # in a blend: what ranks better alone counts more
_CLIP_DEVIATIONS: Final = 3.0  # standard deviations: where a network's inputs are held


@dataclass(frozen=True, slots=True)
class Family:
    """One family: its name, what it is in half a line, and how an unfitted one is made from a seed."""

    name: str
    meaning: str
    build: Callable[[int], Any]


def cross_validate_families(
    folded: FoldedRows, *, seed: int, job_count: int = 1
) -> Iterator[tuple[Family, OutOfFold]]:
    """Each of `FAMILIES` with its out-of-fold probabilities, in that order; the blend's members are fitted once for all.

    The weighted mean of its members' probabilities is what `build_blend` would give, since its weights are fixed.
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
    """Three boosters that differ in depth, pace and seed: one alone hangs more on its draws."""
    from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier

    kinds = {
        "quick": {
            "learning_rate": 0.04,
            "max_iter": 200,
            "max_leaf_nodes": 12,
            "max_features": 0.3,
        },
        "slow": {
            "learning_rate": 0.02,
            "max_iter": 400,
            "max_leaf_nodes": 12,
            "max_features": 0.15,
        },
        "shallow": {
            "learning_rate": 0.04,
            "max_iter": 300,
            "max_leaf_nodes": 6,
            "max_features": 0.3,
        },
    }
    boosters = [
        (
            name,
            HistGradientBoostingClassifier(
                **kind,
                min_samples_leaf=60,
                l2_regularization=10,
                early_stopping=False,
                random_state=seed + position,
            ),
        )
        for position, (name, kind) in enumerate(kinds.items())
    ]
    return VotingClassifier(boosters, voting="soft")


def _build_splines(seed: int) -> Any:
    """Ranks first: amounts run over five orders of magnitude, and knots between ranks part clients evenly."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer, SplineTransformer

    return make_pipeline(
        QuantileTransformer(n_quantiles=200, subsample=None, random_state=seed),
        SplineTransformer(n_knots=5, degree=3, include_bias=False),
        LogisticRegression(C=0.05, max_iter=500),
    )


def _build_networks(seed: int) -> Any:
    """Four small networks: the mean of several is steadier than the best of them."""
    from sklearn.ensemble import VotingClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, QuantileTransformer

    networks = [
        (
            f"network {number}",
            MLPClassifier(
                (32, 16),
                alpha=0.3,
                learning_rate_init=2e-3,
                early_stopping=True,
                random_state=4 * seed + number,
            ),
        )
        for number in range(4)
    ]
    return make_pipeline(
        QuantileTransformer(
            n_quantiles=200, subsample=None, output_distribution="normal", random_state=seed
        ),
        FunctionTransformer(
            np.clip, kw_args={"a_min": -_CLIP_DEVIATIONS, "a_max": _CLIP_DEVIATIONS}
        ),
        VotingClassifier(networks, voting="soft"),
    )


def build_blend(seed: int) -> Any:
    """The mean of the probabilities of a forest and of each of `MEMBERS`, by weights that leave nothing to fit."""
    from sklearn.ensemble import VotingClassifier

    members = [(family.name, family.build(seed)) for family in (FOREST, *MEMBERS)]
    return VotingClassifier(members, voting="soft", weights=_BLEND_WEIGHTS)


def build_scorecard(seed: int) -> Any:
    """The lender's classic: ten bins a feature, each bin its log odds, a logistic regression on these.

    Bins are coded out of fold while learning, so that thin ones do not tell the outcome.
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
    held = np.clip(share, 1e-4, 1 - 1e-4)
    log_odds: NDArray[np.float64] = np.log(held / (1 - held))
    return log_odds


FOREST: Final = Family(
    "forest", "a forest of 100 trees of depth 10, as a member of the blend", _build_forest
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
