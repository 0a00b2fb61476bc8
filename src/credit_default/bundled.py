"""Give what model bundles hold a name that no move of a file can break.

skops and pickle store a function and a class by the name of their module. `build_features` and `CalibratedForest` say that
they live here, so this module's name stands in every registered bundle, and may never change; where the two are written may.
Bundles made before this module existed hold two other names, which `adapters/bundles/skops_pipeline` maps to these.
"""

from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.features.build_features import build_features

__all__ = ["CalibratedForest", "build_features"]
