from dataclasses import replace

import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.gates.promotion.structure_check import check_structure
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


@pytest.fixture(scope="module")
def rows():
    (month,) = simulate(client_count=400, month_count=1, seed=2)
    key = ["client_id", "statement_month"]
    return month.statements.join(
        month.outcomes.select(*key, "defaulted"), on=key, maintain_order="left"
    )


@pytest.fixture(scope="module")
def make_bundle(rows):
    def make(*, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES, include_protected=False):
        recipe = Recipe(tree_count=2, maximum_depth=2, include_protected=include_protected)
        return fit(recipe, rows, schema=schema, features=features, decision_policy=DecisionPolicy())

    return make


def sign(bundle):
    """The bundle with the digest of what it holds by now."""
    return replace(bundle, digest=digest_bundle(bundle))


def test_a_sound_challenger_is_described_by_its_inputs_and_digest(make_bundle):
    bundle = make_bundle()

    found = check_structure(bundle, schema=CREDIT_CARD)

    assert found.fault == ""
    assert found.summary == (
        f"structure: {len(bundle.input_names)} inputs of schema credit-card {CREDIT_CARD.version}, none protected; "
        f"digest {bundle.digest[:12]} matches the content"
    )


def test_another_schema_or_version_is_a_fault(make_bundle):
    bundle = make_bundle()

    other = check_structure(sign(replace(bundle, schema_name="loans")), schema=CREDIT_CARD)
    older = check_structure(sign(replace(bundle, schema_version="0")), schema=CREDIT_CARD)

    assert (
        other.fault
        == f"it was trained for schema loans {CREDIT_CARD.version}, not credit-card {CREDIT_CARD.version}"
    )
    assert (
        older.fault
        == f"it was trained for schema credit-card 0, not credit-card {CREDIT_CARD.version}"
    )


def test_an_input_that_the_schema_does_not_have_is_a_fault(make_bundle):
    lacking = replace(
        CREDIT_CARD,
        columns=tuple(c for c in CREDIT_CARD.columns if c.name != "credit_limit"),
        rules=(),
    )

    found = check_structure(make_bundle(), schema=lacking)

    assert "it uses 'credit_limit', which the schema does not have" in found.fault


def test_a_protected_attribute_that_sneaked_in_is_a_fault_and_one_that_the_recipe_names_is_reported(
    make_bundle,
):
    blind = replace(
        CREDIT_CARD,
        columns=tuple(replace(column, protected=False) for column in CREDIT_CARD.columns),
    )

    sneaked = check_structure(make_bundle(schema=blind), schema=CREDIT_CARD)
    asked = check_structure(make_bundle(include_protected=True), schema=CREDIT_CARD)

    assert (
        sneaked.fault
        == "it uses the protected 'age', 'marriage', 'sex', which its recipe does not name"
    )
    assert asked.fault == ""
    assert "the protected age, marriage, sex among them, as its recipe says" in asked.summary


def test_content_that_is_not_what_the_digest_says_is_a_fault(make_bundle):
    bundle = replace(make_bundle(), default_share=0.5)

    found = check_structure(bundle, schema=CREDIT_CARD)

    assert (found.fault, found.summary) == (
        "its digest is not that of its content",
        "structure: its digest is not that of its content",
    )
