"""Log a bundle as an MLflow model, so that its page, its requirements and MLflow's own loaders work.

The files are written here rather than by `mlflow.sklearn.log_model`, which would store the forest a second time, load it
to guess its requirements, and need MLflow's global state, which this project does without.
"""

import json
import platform
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from credit_default.adapters.bundles.bundle_files import SealedBundle
from credit_default.adapters.bundles.bundle_manifest import PIPELINE
from credit_default.adapters.bundles.skops_pipeline import list_trusted_types
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.run import Run
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import describe_recipe

if TYPE_CHECKING:
    from mlflow import MlflowClient

_REQUIRED: Final = ("numpy", "polars", "scikit-learn", "skops")
_DESCRIPTION: Final = "Which clients default: raw statements in, a probability out."
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
    """Store the sealed bundle and MLflow's own files as a logged model of the run, and return MLflow's id of it.

    Args:
        client: MLflow's client.
        run: The run that trained the model.
        bundle: The model, as described to MLflow.
        sealed: The bundle's files, in a folder into which MLflow's own are written too.
        name: The registered model's name.
    """
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


def create_registered_model(client: "MlflowClient", name: str) -> None:
    """Create the registered model of this name unless it exists."""
    from mlflow import MlflowException

    try:
        client.create_registered_model(name, description=_DESCRIPTION)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def create_version(
    tracking: Tracking, name: str, *, model_id: str, run_id: str, tags: Mapping[str, str]
) -> Any:
    """Create a version of the registered model `name` whose artifact is the logged model; return MLflow's entity of it."""
    from mlflow.tracking._tracking_service.utils import _use_tracking_uri

    # With a database MLflow looks for the logged model at its global address, whichever client asks.
    with _use_tracking_uri(tracking.tracking_uri):
        created = tracking.client.create_model_version(
            name, f"models:/{model_id}", run_id, tags=dict(tags), model_id=model_id
        )
    # the link back, from the model's page to its version
    link = json.dumps([{"name": name, "version": created.version}])
    tracking.client.set_logged_model_tags(model_id, {"mlflow.modelVersions": link})
    return created


def describe_version(tracking: Tracking, version: ModelVersion, text: str) -> None:
    """Write the description of the version's page in MLflow, unless it says the same already."""
    number = str(version.number)
    with mlflow_errors(tracking.tracking_uri):
        if tracking.client.get_model_version(version.name, number).description != text:
            tracking.client.update_model_version(version.name, number, text)


def write_mlflow_model(
    bundle: ModelBundle, sealed: SealedBundle, *, model_id: str, run_id: str
) -> None:
    """Write MLflow's own files (MLmodel, requirements, environments) into the sealed bundle's folder."""
    source = bundle.recipe.source
    own = f"{source.package}=={source.version}\n" if source else ""
    requirements = "".join(f"{name}=={version(name)}\n" for name in _REQUIRED) + own
    with disk_errors(sealed.folder):
        (sealed.folder / "requirements.txt").write_text(requirements, encoding="utf-8")
        _write_environments(sealed.folder)
        model = _build_mlflow_model(bundle, sealed, model_id=model_id, run_id=run_id)
        model.save(str(sealed.folder / "MLmodel"))


def _list_parameters(bundle: ModelBundle) -> dict[str, str]:
    recipe = {f"recipe.{key}": str(value) for key, value in describe_recipe(bundle.recipe).items()}
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
        # MLflow warns about its own type hints when it is first imported
        warnings.simplefilter("ignore", UserWarning)
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
    options: Mapping[str, Any] = {
        "model_path": PIPELINE,
        "predict_fn": "predict_proba",
        "conda_env": "conda.yaml",
        "python_env": "python_env.yaml",
    }
    add_to_model(model, "mlflow.sklearn", **options)  # type: ignore[no-untyped-call]
    sklearn: Mapping[str, Any] = {
        "pickled_model": PIPELINE,  # MLflow's key; the format is in serialization_format
        "sklearn_version": version("scikit-learn"),
        "serialization_format": "skops",
        "skops_trusted_types": list_trusted_types(find_family(bundle.recipe)),
        "code": None,
    }
    model.add_flavor("sklearn", **sklearn)
    model.model_size_bytes = sum((sealed.folder / name).stat().st_size for name in sealed.files)
    return model


def _build_signature(bundle: ModelBundle) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    # Doubles for whole numbers too: MLflow refuses missing values in integer columns before our own check can name them.
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


def read_aliases(client: "MlflowClient", name: str) -> dict[str, int]:
    """Return the registered model's aliases, each with its version's number; none where there is no such model."""
    from mlflow import MlflowException

    try:
        aliases = client.get_registered_model(name).aliases
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    return {alias: int(number) for alias, number in aliases.items()}
