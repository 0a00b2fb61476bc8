"""The bill of materials (SBOM) of a model as CycloneDX 1.6: its bundle, libraries and data.

It travels with the registered version and answers, years later and without this code: which model
was this, on what was it trained, and does a vulnerability found in a library concern it? It holds
digests and counts only, no rows and no clients.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import describe_recipe

_FORMAT: Final = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
}
# The namespace in which a bundle's digest gives the serial number.
_SERIAL_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:credit-default:bundle")


def render_bundle_sbom(
    bundle: ModelBundle,
    *,
    model_name: str,
    libraries: Mapping[str, str],
    data_origin: str,
    written_at: str,
) -> str:
    """Return the bill of materials as JSON; the same arguments give the same text.

    Args:
        bundle: The model.
        model_name: Its name in the registry.
        libraries: Versions by distribution name.
        data_origin: `real` or `simulated`.
        written_at: The time of writing, ISO 8601, UTC.
    """
    model = f"model:{bundle.digest}"
    datasets = {f"data:{digest}": digest for digest in bundle.source_digests}
    packages = {
        _build_package_url(name, version): (name, version)
        for name, version in sorted(libraries.items())
    }
    parts = _FORMAT | {
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SERIAL_NAMESPACE, bundle.digest)}",
        "version": 1,
        "metadata": {
            "timestamp": written_at,
            "component": _describe_model(bundle, model, model_name, list(datasets)),
        },
        "components": [
            *(
                _describe_dataset(reference, digest, data_origin)
                for reference, digest in datasets.items()
            ),
            *(_describe_library(purl, name, version) for purl, (name, version) in packages.items()),
        ],
        "dependencies": [
            {"ref": model, "dependsOn": [*datasets, *packages]},
            *({"ref": reference} for reference in (*datasets, *packages)),
        ],
    }
    return json.dumps(parts, indent=2) + "\n"


def _describe_model(
    bundle: ModelBundle, reference: str, name: str, datasets: list[str]
) -> dict[str, Any]:
    recipe = {f"recipe.{key}": value for key, value in describe_recipe(bundle.recipe).items()}
    facts = {
        "schema": f"{bundle.schema_name} {bundle.schema_version}",
        "features": bundle.feature_version,
        "training_row_count": bundle.row_count,
        "default_share": bundle.default_share,
        "missed_default_cost": bundle.decision_policy.missed_default_cost,
        "false_alarm_cost": bundle.decision_policy.false_alarm_cost,
    }
    return {
        "type": "machine-learning-model",
        "bom-ref": reference,
        "name": name,
        "version": bundle.digest,
        "description": f"Probability that a client of the portfolio {bundle.schema_name} defaults.",
        "properties": [
            {
                "name": f"credit-default:{key}",
                "value": json.dumps(value) if not isinstance(value, str) else value,
            }
            for key, value in (facts | recipe).items()
        ],
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": "binary classification, calibrated probability",
                "architectureFamily": find_family(bundle.recipe).architecture,
                "modelArchitecture": bundle.estimator_class,
                "datasets": [{"ref": dataset} for dataset in datasets],
                "inputs": [{"format": column} for column in bundle.input_names],
                "outputs": [{"format": "default_probability, 0-1"}],
            },
        },
    }


def _describe_dataset(reference: str, digest: str, origin: str) -> dict[str, Any]:
    return {
        "type": "data",
        "bom-ref": reference,
        "name": f"training source {digest[:12]}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "data": [
            {
                "type": "dataset",
                "name": f"{origin} statements with outcomes",
                "classification": "confidential",
            }
        ],
    }


def _build_package_url(name: str, version: str) -> str:
    return f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"


def _describe_library(purl: str, name: str, version: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
