"""Download a registered version's bundle from MLflow's artifact store."""

from pathlib import Path, PurePosixPath
from typing import Final

from credit_default.adapters.bundles.bundle_manifest import (
    MANIFEST,
    PIPELINE,
    REFERENCE,
    TRAINED_ROWS,
)
from credit_default.adapters.bundles.bundle_signature import SIGNATURE
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.errors import ArtifactError

_LARGEST_BUNDLE_BYTES: Final = 2_000_000_000


def download_bundle(tracking: Tracking, version: ModelVersion, folder: Path) -> None:
    """Download the files of the version's bundle into the folder. They are not yet verified.

    Only the bundle's own files are fetched, by name; whatever else the artifact holds stays where it is.

    Raises:
        ArtifactError: The files are larger than any bundle of ours.
        ServiceError: MLflow does not answer, or the disk cannot be read or written.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts

    uri, client = tracking.tracking_uri, tracking.client
    with mlflow_errors(uri), disk_errors(folder):
        # By address and not by id: the client keeps for each id where a process first saw its files, in whichever lake.
        location = client.get_logged_model(version.model_id).artifact_location.rstrip("/")
        sizes = {
            PurePosixPath(str(file.path)).name: int(file.file_size or 0)
            for file in list_artifacts(location, tracking_uri=uri)
        }
        known = (MANIFEST, PIPELINE, TRAINED_ROWS, REFERENCE, SIGNATURE)
        wanted = [name for name in known if name in sizes]
        if sum(sizes[name] for name in wanted) > _LARGEST_BUNDLE_BYTES:
            raise ArtifactError(
                f"model {version.name}, version {version.number}",
                found=f"{sizes} bytes",
                expected=f"at most {_LARGEST_BUNDLE_BYTES} in all",
                remedy="Register the model again.",
            )
        for name in wanted:
            download_artifacts(
                f"{location}/{name}", dst_path=str(folder), tracking_uri=uri, registry_uri=uri
            )
