"""What is checked of a loaded estimator of a package, each at its bound."""

from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.errors import ArtifactError, InputError
from credit_default.model.families.own import own_family
from credit_default.model.families.own.own_family import OwnFamily


def check_importance(values, *, count=3, dtype=np.float64):
    own_family._check_importance(np.array(values, dtype=dtype), feature_count=count)


@pytest.mark.parametrize("values", [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 9e-7]])
def test_an_importance_is_a_share_of_one_for_each_feature(values):
    check_importance(values)


@pytest.mark.parametrize(
    ("values", "more", "found"),
    [
        ([0.5, 0.5], {}, "an importance of other features"),
        ([[0.5, 0.5, 0.0]], {}, "an importance of other features"),
        ([1, 0, 0], {"dtype": np.int64}, "an importance of other features"),
        ([0.5, 0.6, -0.1], {}, "an importance that does not sum to 1"),
        ([0.5, 0.5, 2e-6], {}, "an importance that does not sum to 1"),
        ([0.5, 0.5 - 2e-6, 0.0], {}, "an importance that does not sum to 1"),
    ],
)
def test_another_importance_is_refused(values, more, found):
    with pytest.raises(ArtifactError, match=f"found {found}"):
        check_importance(values, **more)


class Plain:
    def __init__(self, **values):
        vars(self).update(values)

    def get_params(self):
        return {"depth": getattr(self, "depth", 1), "inner": getattr(self, "inner", None)}

    def score(self):
        return 0


def check_fitted(fitted, fresh=None):
    own_family._check_fitted(fitted, fresh or Plain(), feature_count=2)


def test_an_estimator_of_the_parameters_that_the_package_gives_is_accepted():
    check_fitted(Plain(learned=3.0))
    check_fitted(Plain(n_features_in_=2))
    check_fitted(Plain(inner=np.ones(2)), Plain(inner=np.zeros(3)))  # by its class alone
    check_fitted(SimpleNamespace(a=1), SimpleNamespace())


@pytest.mark.parametrize(
    ("fitted", "found"),
    [
        (SimpleNamespace(), "a SimpleNamespace where the package makes a Plain"),
        (Plain(depth=2), "other parameters than the package gives"),
        (Plain(inner=np.ones(2)), "other parameters than the package gives"),
        (Plain(n_features_in_=3), "an estimator over other features"),
        (Plain(score=1), r"attributes \['score'\] in the place of methods"),
        (Plain(part=Plain(get_params=1)), r"attributes \['get_params'\] in the place of methods"),
        (Plain(rows=iter(())), "a builtins.tuple_iterator"),
    ],
)
def test_an_estimator_that_the_package_does_not_make_is_refused(fitted, found):
    with pytest.raises(ArtifactError, match=f"found {found}"):
        check_fitted(fitted)


def test_scores_are_tried_on_four_rows_of_extreme_values():
    seen = []

    def score(matrix):
        seen.append(matrix.tolist())
        return np.zeros((len(matrix), 2))

    own_family._check_scores(SimpleNamespace(predict_proba=score), feature_count=2)

    assert seen == [[[0.0, 0.0], [1.0, 1.0], [-1.0, -1.0], [1e6, 1e6]]]


@pytest.mark.parametrize(
    "error", [InputError("x", found="a fault", expected="", remedy=""), OverflowError("a fault")]
)
def test_scores_that_cannot_be_computed_are_refused(error):
    def score(matrix):
        raise error

    with pytest.raises(ArtifactError, match="found a fault"):
        own_family._check_scores(SimpleNamespace(predict_proba=score), feature_count=2)


def test_the_family_is_named_for_its_package_and_shows_no_trees():
    family = OwnFamily("acme:trees")

    assert family.architecture == "an estimator of the package acme"
    assert (family.noun, family.scale) == ("estimator", "probability")
    assert family.list_trees(None) is None
    assert family.score_unseen(None, None) is None
    assert family.set_job_count(None, 3) is None


def test_an_importance_that_is_no_plain_array_is_refused():
    class Own(np.ndarray):
        pass

    with pytest.raises(ArtifactError, match="found an importance of other features"):
        own_family._check_importance(np.array([0.5, 0.5]).view(Own), feature_count=2)
