"""A bundle as MLflow sees it: the description that makes its page, its requirements and its loaders work.

The files are written here rather than by `mlflow.sklearn.log_model`, which would store the forest a second time, load it
to guess its requirements and need the global state that we do without.
"""

import json
import platform
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from credit_default.adapters.bundles.bundle_files import SealedBundle
from credit_default.adapters.bundles.bundle_manifest import PIPELINE
from credit_default.adapters.bundles.skops_pipeline import list_trusted_types
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.mlflow.tracking import Run, Tracking
from credit_default.model.estimator.bundle import ModelBundle

if TYPE_CHECKING:
    from mlflow import MlflowClient

_REQUIRED: Final = ("numpy", "polars", "scikit-learn", "skops")
_PYTHON_ENVIRONMENT: Final = """\
python: {python}
build_dependencies:
- pip
dependencies:
- -r requirements.txt
"""
_CONDA_ENVIRONMENT: Final = """\
name: mlflow-env
channels:
- conda-forge
dependencies:
- python={python}
- pip
- pip:
  - -r requirements.txt
"""


def log_model(
    client: "MlflowClient", run: Run, bundle: ModelBundle, sealed: SealedBundle, *, name: str
) -> str:
    """MLflow's id of the model, once the sealed bundle and MLflow's own files beside it are stored and linked to the run."""
    from mlflow.entities import LoggedModelOutput

    model = client.create_logged_model(
        run.experiment_id,
        name=name,
        source_run_id=run.run_id,
        params=_list_parameters(bundle),
        tags={"digest": sealed.digest},
        model_type="classifier",
    )
    model_id = str(model.model_id)
    write_mlflow_model(bundle, sealed, model_id=model_id, run_id=run.run_id)
    client.log_model_artifacts(model_id, str(sealed.folder))
    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run.run_id, [LoggedModelOutput(model_id, 0)])
    return model_id


def create_version(
    tracking: Tracking, name: str, *, model_id: str, run_id: str, tags: Mapping[str, str]
) -> Any:
    """MLflow's entity of the new version of `name`, whose artifact is the logged model."""
    from mlflow.tracking._tracking_service.utils import _use_tracking_uri

    # Over a database MLflow looks for the logged model where its global address points, whatever client it is asked by.
    with _use_tracking_uri(tracking.tracking_uri):
        created = tracking.client.create_model_version(
            name, f"models:/{model_id}", run_id, tags=dict(tags), model_id=model_id
        )
    # the link back, from the model's page to its version
    link = json.dumps([{"name": name, "version": created.version}])
    tracking.client.set_logged_model_tags(model_id, {"mlflow.modelVersions": link})
    return created


def write_mlflow_model(
    bundle: ModelBundle, sealed: SealedBundle, *, model_id: str, run_id: str
) -> None:
    """None; beside the bundle's files in its folder, MLflow's own: MLmodel, requirements and environments."""
    with disk_errors(sealed.folder):
        requirements = [f"{name}=={version(name)}" for name in _REQUIRED]
        (sealed.folder / "requirements.txt").write_text(
            "\n".join([*requirements, ""]), encoding="utf-8"
        )
        _write_environments(sealed.folder)
        _build_mlflow_model(bundle, sealed, model_id=model_id, run_id=run_id).save(
            str(sealed.folder / "MLmodel")
        )


def _list_parameters(bundle: ModelBundle) -> dict[str, str]:
    recipe = {f"recipe.{key}": str(value) for key, value in asdict(bundle.recipe).items()}
    policy = {
        "decision.threshold": f"{bundle.decision_policy.threshold:.6f}",
        "decision.missed_default_cost": str(bundle.decision_policy.missed_default_cost),
        "decision.false_alarm_cost": str(bundle.decision_policy.false_alarm_cost),
    }
    return {**recipe, **policy, "schema": f"{bundle.schema_name} {bundle.schema_version}"}


def _build_mlflow_model(
    bundle: ModelBundle, sealed: SealedBundle, *, model_id: str, run_id: str
) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # of MLflow about its own type hints, when first imported
        from mlflow.models import Model
        from mlflow.pyfunc import add_to_model

    model = Model(
        run_id=run_id, model_id=model_id, model_uuid=model_id, signature=_build_signature(bundle)
    )
    model.metadata = {
        "digest": sealed.digest,
        "seal": sealed.seal,
        "needs": f"credit-default {version('credit-default')}",
    }
    answers: Mapping[str, Any] = {
        "model_path": PIPELINE,
        "predict_fn": "predict_proba",
        "conda_env": "conda.yaml",
        "python_env": "python_env.yaml",
    }
    add_to_model(model, "mlflow.sklearn", **answers)  # type: ignore[no-untyped-call]
    sklearn: Mapping[str, Any] = {
        "pickled_model": PIPELINE,  # MLflow's word; what it is stands in serialization_format
        "sklearn_version": version("scikit-learn"),
        "serialization_format": "skops",
        "skops_trusted_types": list_trusted_types(),
        "code": None,
    }
    model.add_flavor("sklearn", **sklearn)
    model.model_size_bytes = sum((sealed.folder / name).stat().st_size for name in sealed.files)
    return model


def _build_signature(bundle: ModelBundle) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    # Whole numbers too: an integer column in a signature refuses a missing value before our own check can name it.
    inputs: list[ColSpec | TensorSpec] = [ColSpec("double", name) for name in bundle.input_names]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec("double", "probability_of_no_default"),
        ColSpec("double", "default_probability"),
    ]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def _write_environments(folder: Path) -> None:
    python = platform.python_version()
    (folder / "python_env.yaml").write_text(
        _PYTHON_ENVIRONMENT.format(python=python), encoding="utf-8"
    )
    (folder / "conda.yaml").write_text(_CONDA_ENVIRONMENT.format(python=python), encoding="utf-8")
