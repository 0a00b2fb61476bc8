"""What all estimators of our own share, shown on one of two parameters whose log odds are its first feature's."""

from dataclasses import dataclass

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.log_odds import (
    LARGEST_LOG_ODDS,
    LogOddsClassifier,
    LogOddsFamily,
    check_log_odds,
)
from credit_default.model.families.recipe import Recipe

RISING = Recipe(family="scorecard", monotone=True, seed=3)
FREE = Recipe(family="scorecard", seed=3)


class FirstFeature(LogOddsClassifier):
    PARAMETERS = ("seed", "constraints")
    LATER_PARAMETERS = ("later",)
    FITTED = ("scale_",)

    def fit(self, matrix, outcome):
        del outcome
        self.note_fit(matrix)
        self.scale_ = 2.0
        return self

    def decision_function(self, matrix):
        return self.scale_ * matrix[:, 0]


@dataclass(frozen=True, slots=True)
class FirstFeatureFamily(LogOddsFamily):
    estimator_class = FirstFeature

    def build(self, recipe, constraints):
        return FirstFeature(seed=recipe.seed, constraints=constraints)

    def check_fitted(self, estimator, *, recipe, feature_count):
        check_log_odds(estimator.scale_, "a scale")


FAMILY = FirstFeatureFamily()
MATRIX = np.array([[-1.0, 5.0], [0.0, 5.0], [0.5, 5.0]], dtype=np.float32)


def fit(constraints=None, recipe=FREE):
    return FAMILY.build(recipe, constraints).fit(MATRIX, np.array([0, 0, 1]))


def check(estimator, *, recipe=FREE, feature_count=2):
    FAMILY.check_estimator(estimator, recipe=recipe, feature_count=feature_count)


def test_probabilities_are_those_of_the_log_odds_and_each_row_of_them_sums_to_1():
    found = fit().predict_proba(MATRIX)

    assert found[:, 1] == pytest.approx([1 / (1 + np.exp(2)), 0.5, 1 / (1 + np.exp(-1))])
    assert found.sum(axis=1) == pytest.approx([1, 1, 1])


def test_the_more_likely_class_is_default_only_where_the_log_odds_are_above_0():
    assert fit().predict(MATRIX).tolist() == [0, 0, 1]


def test_fitting_notes_both_classes_and_the_number_of_features():
    fitted = fit()

    assert (fitted.classes_.tolist(), fitted.n_features_in_) == ([0, 1], 2)
    assert FirstFeature(seed=0, constraints=None).__sklearn_is_fitted__() is False
    assert fitted.__sklearn_is_fitted__() is True


def test_every_parameter_is_given_and_younger_ones_stand_only_where_they_are():
    plain, later = (
        FirstFeature(seed=1, constraints=None),
        FirstFeature(seed=1, constraints=[0], later=2),
    )

    assert plain.get_params() == {"seed": 1, "constraints": None}
    assert later.get_params() == {"seed": 1, "constraints": [0], "later": 2}
    assert plain.set_params(seed=7) is plain
    assert plain.seed == 7


@pytest.mark.parametrize("given", [{"seed": 1}, {"seed": 1, "constraints": None, "other": 1}])
def test_a_parameter_too_few_or_unknown_is_refused(given):
    with pytest.raises(TypeError, match="FirstFeature takes"):
        FirstFeature(**given)


def test_the_scale_is_log_odds_and_measuring_returns_them():
    assert FAMILY.scale == "log odds"
    assert FAMILY.measure(fit(), MATRIX).tolist() == [-2.0, 0.0, 1.0]
    assert FAMILY.score_unseen(fit(), MATRIX) is None


def test_what_fitting_makes_is_accepted():
    check(fit())
    check(fit([1, 0]), recipe=RISING)
    later = fit()
    later.later = None
    with pytest.raises(ArtifactError, match="other parameters than the recipe's"):
        check(later)


def spoil(**values):
    fitted = fit()
    vars(fitted).update(values)
    return fitted


@pytest.mark.parametrize(
    ("estimator", "found"),
    [
        (spoil(predict=0), r"attributes \['predict'\] on a FirstFeature"),
        (spoil(seed=4), "another seed than the recipe's"),
        (spoil(seed=3.0), "another seed than the recipe's"),
        (spoil(constraints=[1, 0, 0]), "constraints on other features"),
        (spoil(constraints=[1, 0]), "constraints that the recipe denies"),
        (spoil(classes_=np.array([1, 0])), "other classes than 0 and 1"),
        (spoil(n_features_in_=3), "an estimator over other features"),
        (spoil(n_features_in_=2.0), "an estimator over other features"),
        (spoil(scale_=np.inf), "a scale that is no log odds"),
    ],
)
def test_a_loaded_estimator_that_differs_in_anything_is_refused(estimator, found):
    with pytest.raises(ArtifactError, match=f"found {found}"):
        check(estimator)


def test_constraints_that_a_monotone_recipe_lacks_are_refused():
    with pytest.raises(ArtifactError, match="constraints that the recipe denies"):
        check(fit(), recipe=RISING)


@pytest.mark.parametrize("value", [0.0, -999.0, np.nextafter(LARGEST_LOG_ODDS, 0)])
def test_a_number_within_a_thousand_is_log_odds(value):
    check_log_odds(float(value), "it")


@pytest.mark.parametrize("value", [1e3, -1e3, -np.inf, np.nan, 1, True, np.float64(1.0), "1"])
def test_other_numbers_and_types_are_no_log_odds(value):
    with pytest.raises(ArtifactError, match="found it that is no log odds"):
        check_log_odds(value, "it")
