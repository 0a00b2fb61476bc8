import numpy as np
import pytest
from tests.fakes.own_package import ESTIMATORS, install_package

from credit_default.errors import ArtifactError, InputError, SetupError
from credit_default.installed import find_source
from credit_default.model.families.find_family import find_family
from credit_default.model.families.own.own_family import pin_recipe
from credit_default.model.families.recipe import Recipe, describe_recipe, parse_recipe

RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.normal(size=(400, 5)).astype(np.float32)
MATRIX[RANDOM.random(MATRIX.shape) < 0.05] = np.nan
DEFAULTED = (RANDOM.random(400) < 1 / (1 + np.exp(1 - np.nan_to_num(MATRIX[:, 0])))).astype(int)


def fit(entry="logit", *, seed=0, **parameters):
    recipe = Recipe(family=f"acme-credit:{entry}", parameters=parameters, seed=seed)
    return find_family(recipe).build(recipe, None).fit(MATRIX, DEFAULTED)


def digest(estimator):
    family = find_family(Recipe(family=estimator.family))
    return [array.tobytes() for array in family.list_arrays(estimator)]


def test_a_row_has_the_same_score_to_the_last_bit_alone_in_any_order_and_in_any_batch(installed):
    estimator = fit()

    whole = estimator.predict_proba(MATRIX)[:, 1]

    alone = [estimator.predict_proba(MATRIX[row : row + 1])[0, 1] for row in range(60)]
    assert whole[:60].tolist() == alone
    assert estimator.predict_proba(MATRIX[::-1])[::-1, 1].tolist() == whole.tolist()
    assert estimator.predict_proba(MATRIX[7:300])[:, 1].tolist() == whole[7:300].tolist()


def test_a_score_is_that_of_the_packages_estimator_within_a_billionth(installed):
    estimator = fit()

    theirs = estimator.estimator_.predict_proba(MATRIX.astype(np.float64))[:, 1]

    assert np.abs(estimator.predict_proba(MATRIX)[:, 1] - theirs).max() < 1e-9


def test_the_seed_and_the_parameters_decide_what_is_learned(installed):
    assert digest(fit("forest", seed=1)) == digest(fit("forest", seed=1))
    assert digest(fit("forest", seed=1)) != digest(fit("forest", seed=2))
    assert digest(fit(strength=1.0)) != digest(fit(strength=0.01))


def test_the_feature_that_decides_the_outcome_is_the_most_important(installed):
    estimator = fit()

    assert estimator.importance_.sum() == pytest.approx(1)
    assert estimator.importance_.argmax() == 0


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("unseeded", "another fit each time"),
        ("ranking", "change with the rows beside them"),
        ("wild", "not between 0 and 1"),
        ("onecolumn", "probabilities of shape"),
        ("flipped", r"classes \[1, 0\]"),
        ("failing", "no licence"),
        ("elsewhere", "KeyError"),
    ],
)
def test_an_estimator_that_breaks_the_promise_is_refused_by_name(installed, kind, found):
    with pytest.raises(InputError, match=found) as refused:
        fit("odd", kind=kind)

    assert "acme-credit:odd" in str(refused.value)


def test_a_parameter_that_it_does_not_take_is_refused(installed):
    with pytest.raises(InputError, match="unexpected keyword argument 'depth'"):
        fit(depth=3)


def test_an_entry_point_that_returns_no_classifier_is_refused(installed):
    with pytest.raises(InputError, match="a str without fit"):
        fit("text")


def test_an_estimator_of_a_package_that_is_not_installed_is_refused(installed):
    with pytest.raises(SetupError, match="no installed package 'other-package'"):
        pin_recipe(Recipe(family="other-package:logit"))


def test_a_pinned_recipe_is_read_back_as_it_was_described(installed):
    recipe = pin_recipe(Recipe(family="acme-credit:logit", parameters={"strength": 0.5}))

    described = describe_recipe(recipe)

    assert (
        described["source"]
        == find_source("acme-credit:logit", group="credit_default.estimators").describe()
    )
    assert parse_recipe(described) == recipe


@pytest.mark.parametrize(
    ("recipe", "found"),
    [
        ({"family": "forest", "parameters": {"a": 1}}, "with the family 'forest'"),
        ({"family": "acme-credit:logit", "tree_count": 5}, "with the family 'acme-credit:logit'"),
        ({"family": "acme-credit:logit", "monotone": True}, "with the family 'acme-credit:logit'"),
        ({"family": "acme-credit:logit", "parameters": {"seed": 1}}, "the name 'seed'"),
        ({"family": "acme-credit:logit", "parameters": {"a": float("nan")}}, "JSON compliant"),
        ({"family": "acme-credit:logit", "parameters": {"a": object()}}, "not JSON serializable"),
        ({"family": "acme-credit:logit", "source": {"package": "x"}}, "the source"),
        ({"family": "networks"}, "'networks'"),
    ],
)
def test_a_recipe_that_cannot_be_one_of_an_own_estimator_is_refused(recipe, found):
    with pytest.raises(InputError, match=found):
        parse_recipe(recipe)


def test_an_estimator_is_not_built_by_other_code_than_it_was_pinned_to(installed):
    recipe = pin_recipe(Recipe(family="acme-credit:logit"))
    install_package(installed, estimators=ESTIMATORS + "\n    raise SystemExit('it ran')\n")
    find_source.cache_clear()

    with pytest.raises(SetupError, match="with other code"):
        find_family(recipe).build(recipe, None).fit(MATRIX, DEFAULTED)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda e: setattr(e, "seed", 9), "another seed"),
        (lambda e: setattr(e, "parameters", {"strength": 9.0}), "another parameters"),
        (lambda e: setattr(e, "n_features_in_", 6), "over other features"),
        (lambda e: setattr(e, "classes_", np.array([1, 0])), "other classes"),
        (lambda e: setattr(e, "importance_", np.ones(5)), "does not sum to 1"),
        (lambda e: setattr(e, "importance_", np.array([np.nan] * 5)), "does not sum to 1"),
        (lambda e: setattr(e, "predict_proba", 1), "attributes"),
        (lambda e: setattr(e, "estimator_", e.estimator_[-1]), "where the package makes a Pipe"),
        (lambda e: setattr(e.estimator_[0], "transform", 1), "in the place of methods"),
        (lambda e: setattr(e.estimator_[0], "share", 0.4), "other parameters"),
        (lambda e: setattr(e.estimator_[-1], "coef_", np.full((1, 5), np.nan)), "not between"),
        (lambda e: setattr(e.estimator_[-1], "coef_", np.ones((1, 4))), "ValueError"),
    ],
)
def test_a_loaded_estimator_that_is_not_what_the_recipe_makes_is_refused(installed, spoil, found):
    recipe = pin_recipe(Recipe(family="acme-credit:logit"))
    family = find_family(recipe)
    estimator = family.build(recipe, None).fit(MATRIX, DEFAULTED)
    family.check_estimator(estimator, recipe=recipe, feature_count=5)

    spoil(estimator)

    with pytest.raises(ArtifactError, match=found):
        family.check_estimator(estimator, recipe=recipe, feature_count=5)
