import importlib
import pickle

import pytest

from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.families.blended_members import BlendedMembers
from credit_default.model.families.boosted_trees import BoostedTrees
from credit_default.model.families.points_card import PointsCard
from credit_default.model.features.build_features import build_features

PARTS = pytest.mark.parametrize(
    "part", [build_features, BlendedMembers, BoostedTrees, CalibratedForest, PointsCard]
)


@PARTS
def test_what_bundles_hold_is_found_under_the_name_that_they_hold(part):
    # The literal: registered bundles hold this name, so neither it nor the module may ever change.
    assert part.__module__ == "credit_default.bundled"
    assert getattr(importlib.import_module("credit_default.bundled"), part.__name__) is part


@PARTS
def test_pickle_names_the_stable_module_too(part):
    content = pickle.dumps(part)

    assert b"credit_default.bundled" in content
    assert b"credit_default.model" not in content
    assert pickle.loads(content) is part


def test_the_stable_module_holds_nothing_else():
    assert importlib.import_module("credit_default.bundled").__all__ == [
        "BlendedMembers",
        "BoostedTrees",
        "CalibratedForest",
        "OwnEstimator",
        "PointsCard",
        "build_features",
    ]
