import json
import subprocess
from pathlib import Path

import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.views.exports.model_sbom import render_bundle_sbom

TOOLS = Path(__file__).resolve().parents[3] / ".venv-ci" / "bin"
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(fault) if fault else 0)
"""
LIBRARIES = {"scikit-learn": "1.9.1", "Typing_Extensions": "4.0+local"}
FACTS = {
    "model_name": "credit-default",
    "libraries": LIBRARIES,
    "data_origin": "simulated",
    "written_at": "2026-01-02T03:04:05Z",
}


@pytest.fixture(scope="module")
def bundle():
    (month,) = simulate(client_count=400, month_count=1, seed=3)
    key = ["client_id", "statement_month"]
    return fit(
        Recipe(tree_count=2, leaf_row_count=20),
        month.statements.join(month.outcomes.select(*key, "defaulted"), on=key),
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        source_digests=["ab" * 32, "cd" * 32],
    )


@pytest.fixture(scope="module")
def parts(bundle):
    return json.loads(render_bundle_sbom(bundle, **FACTS))


def test_model_is_the_subject_and_named_by_its_digest(bundle, parts):
    model = parts["metadata"]["component"]

    assert (model["type"], model["name"], model["version"]) == (
        "machine-learning-model",
        "credit-default",
        bundle.digest,
    )
    assert model["modelCard"]["modelParameters"]["modelArchitecture"] == "RandomForestClassifier"
    assert {"name": "credit-default:recipe.tree_count", "value": "2"} in model["properties"]
    assert {"name": "credit-default:training_row_count", "value": "400"} in model["properties"]


def test_training_sources_are_parts_by_their_sha256_and_say_whether_they_are_simulated(parts):
    data = [part for part in parts["components"] if part["type"] == "data"]

    assert [part["hashes"][0] for part in data] == [
        {"alg": "SHA-256", "content": "ab" * 32},
        {"alg": "SHA-256", "content": "cd" * 32},
    ]
    assert {part["data"][0]["name"] for part in data} == {"simulated statements with outcomes"}


def test_libraries_are_parts_by_the_names_that_hole_databases_use(parts):
    libraries = {
        part["purl"]: part["version"] for part in parts["components"] if part["type"] == "library"
    }

    assert libraries == {
        "pkg:pypi/scikit-learn@1.9.1": "1.9.1",
        "pkg:pypi/typing-extensions@4.0%2Blocal": "4.0+local",
    }


def test_every_reference_leads_to_a_part(parts):
    named = {
        parts["metadata"]["component"]["bom-ref"],
        *(part["bom-ref"] for part in parts["components"]),
    }
    used = {
        reference
        for line in parts["dependencies"]
        for reference in (line["ref"], *line.get("dependsOn", ()))
    }
    datasets = parts["metadata"]["component"]["modelCard"]["modelParameters"]["datasets"]

    assert used == named
    assert {entry["ref"] for entry in datasets} <= named


def test_same_bundle_gives_the_same_text_and_another_bundle_another_serial_number(bundle):
    from dataclasses import replace

    first = render_bundle_sbom(bundle, **FACTS)
    other = render_bundle_sbom(replace(bundle, digest="00" * 32), **FACTS)

    assert first == render_bundle_sbom(bundle, **FACTS)
    assert json.loads(first)["serialNumber"] != json.loads(other)["serialNumber"]


def test_no_clients_id_is_in_the_list(bundle):
    (month,) = simulate(client_count=400, month_count=1, seed=3)
    text = render_bundle_sbom(bundle, **FACTS)

    assert not [client for client in month.statements["client_id"] if f'"{client}"' in text]


def test_list_holds_to_the_schema_of_cyclonedx(bundle):
    if not (TOOLS / "cyclonedx-py").exists():
        pytest.skip("the tools of ci/requirements.lock are not installed: make ci-tools")

    def check(text):
        return subprocess.run(
            [TOOLS / "python", "-c", VALIDATE],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )

    good = render_bundle_sbom(bundle, **FACTS)
    assert check(good).returncode == 0, check(good).stderr
    assert check(good.replace("machine-learning-model", "crystal-ball")).returncode == 1
