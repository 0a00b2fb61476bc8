"""Define the lasting module name under which model bundles store their function and class.

skops and pickle store a function and a class by the name of their module. `build_features` and
`CalibratedForest`, and the estimators of other families, name this module as theirs, so its name is in every registered bundle and must
never change; the files that define them may move. Bundles made before this module existed hold
two other names, which `adapters/bundles/skops_pipeline` maps to these.
"""

from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.families.blended_members import BlendedMembers
from credit_default.model.families.boosted_trees import BoostedTrees
from credit_default.model.families.own.own_estimator import OwnEstimator
from credit_default.model.families.points_card import PointsCard
from credit_default.model.features.build_features import build_features

__all__ = [
    "BlendedMembers",
    "BoostedTrees",
    "CalibratedForest",
    "OwnEstimator",
    "PointsCard",
    "build_features",
]
