"""The registered model in MLflow: versions, the champion and the challenger, and who sat in the seat before.

A version is a model that MLflow knows (signature, requirements, metrics, datasets) and a bundle of ours at once, with one
copy of the forest: MLflow's description points at the bundle's pipeline. What we load goes through `read_bundle` only, with
digest and seal from the version's tags; MLflow's own loaders are for people who trust the store.
"""

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.bundles.bundle_manifest import (
    MANIFEST,
    PIPELINE,
    REFERENCE,
    TRAINED_ROWS,
)
from credit_default.adapters.host.atomic_files import disk_errors, staged_folder
from credit_default.adapters.mlflow.logged_model import create_version, log_model
from credit_default.adapters.mlflow.model_versions import (
    CHALLENGER,
    CHAMPION,
    DIGEST_TAG,
    LONGEST_TAG,
    REPLACED_TAG,
    SEAL_TAG,
    ModelVersion,
    parse_version,
)
from credit_default.adapters.mlflow.tracking import DatasetRecord, Run, Tracking, mlflow_errors
from credit_default.adapters.mlflow.version_verdict import format_verdict_tags
from credit_default.errors import ArtifactError, InputError
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["MODEL_NAME", "ModelVersion", "Registry"]

MODEL_NAME: Final = "credit-default"
_LARGEST_BUNDLE_BYTES: Final = 2_000_000_000


class Registry:
    """The registered model behind a connection to MLflow; bundles fetched once stay in `cache`, one folder a digest."""

    def __init__(self, tracking: Tracking, *, cache: Path, name: str = MODEL_NAME) -> None:
        self.name = name
        self._tracking = tracking
        self._cache = cache

    def register(
        self,
        run: Run,
        bundle: ModelBundle,
        *,
        metrics: Mapping[str, float],
        dataset: DatasetRecord | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ModelVersion:
        """The new version, with the alias `challenger`; the bundle that this run registered before comes back as it is.

        `metrics` and the `dataset` that they were measured on stand on the model's page.
        """
        known = [version for version in self.list_versions() if version.run_id == run.run_id]
        if known and known[0].digest == bundle.digest:
            return known[0]
        with tempfile.TemporaryDirectory() as name, self._errors():
            sealed = write_bundle(bundle, Path(name))
            model_id = log_model(self._client, run, bundle, sealed, name=self.name)
            run.record_metrics(metrics, model_id=model_id, dataset=dataset)
            self._make_model()
            own = {DIGEST_TAG: sealed.digest, SEAL_TAG: sealed.seal}
            created = create_version(
                self._tracking,
                self.name,
                model_id=model_id,
                run_id=run.run_id,
                tags={**(tags or {}), **own},
            )
            self._client.set_registered_model_alias(self.name, CHALLENGER, str(created.version))
        return self.find_version(int(created.version))

    def list_versions(self) -> tuple[ModelVersion, ...]:
        """Every version, the newest first; none before the first training."""
        with self._errors():
            found = self._client.search_model_versions(f"name='{self.name}'", max_results=10_000)
            aliases = self._read_aliases() if found else {}
        versions = [parse_version(version, aliases) for version in found]
        return tuple(sorted(versions, key=lambda version: -version.number))

    def find_version(self, number: int) -> ModelVersion:
        """The version of this number. Raises `InputError` when there is none."""
        from mlflow import MlflowException

        with self._errors():
            try:
                return parse_version(
                    self._client.get_model_version(self.name, str(number)), self._read_aliases()
                )
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
        raise InputError(
            f"model {self.name}",
            found=f"no version {number}",
            expected="one of those that `credit-default models show` lists",
            remedy="A version that was deleted cannot be brought back: train anew.",
        )

    def find_champion(self) -> ModelVersion | None:
        """The version that scores, or None when no version has the alias (none yet, or it was deleted)."""
        return self._find_alias(CHAMPION)

    def find_challenger(self) -> ModelVersion | None:
        """The version registered last that has not been promoted, or None."""
        return self._find_alias(CHALLENGER)

    def load_version(self, version: ModelVersion) -> ModelBundle:
        """The version's bundle, verified against the digest and the seal on record, from the cache when it is there.

        Raises `ArtifactError` when the artifact is not the one on record, `ServiceError` when it can't be fetched.
        """
        target = self._cache / version.digest
        seal = version.tags.get(SEAL_TAG)
        if target.is_dir():
            try:
                return read_bundle(target, expected_digest=version.digest, seal=seal)
            except ArtifactError:  # the copy was damaged; the registry's own decides
                shutil.rmtree(target, ignore_errors=True)
        with staged_folder(target) as folder:
            self._download(version, folder)
            return read_bundle(folder, expected_digest=version.digest, seal=seal)

    def find_folder(self, version: ModelVersion) -> Path:
        """Where the cache keeps the version's bundle once `load_version` has verified it."""
        return self._cache / version.digest

    def record_verdict(self, version: ModelVersion, verdict: Verdict) -> None:
        """None; the verdict on the version, whichever way it went."""
        self.record_tags(version, format_verdict_tags(verdict))

    def record_tags(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        """None; words on the version, cut where MLflow takes no longer ones."""
        with self._errors():
            for key, value in tags.items():
                self._client.set_model_version_tag(
                    self.name, str(version.number), key, value[:LONGEST_TAG]
                )

    def promote(
        self, version: ModelVersion, verdict: Verdict, *, promoted_at: dt.datetime
    ) -> ModelVersion:
        """The version as champion, with the verdict and the number of its predecessor on it.

        The alias moves last and in one step: a crash leaves the old champion. Raises `InputError` for a verdict that
        did not pass.
        """
        if not verdict.passed:
            raise InputError(
                f"version {version.number}",
                found=f"a verdict of {verdict.level!r}",
                expected="one that passed",
                remedy="See its reasons with `credit-default models show`.",
            )
        champion = self.find_champion()
        if champion is not None and champion.number == version.number:
            return champion
        self.record_verdict(version, verdict)
        self._seat(version, replaced=champion, tags={"promoted_at": promoted_at.isoformat()})
        return self.find_version(version.number)

    def rollback(self, *, reason: str, rolled_back_at: dt.datetime) -> ModelVersion:
        """The version that was champion before, champion again; the reason stands on the one that went.

        Raises `InputError` when there is no champion or it had no predecessor that is still there.
        """
        champion = self.find_champion()
        previous = champion.tags.get(REPLACED_TAG) if champion else None
        if champion is None or not previous:
            raise InputError(
                f"model {self.name}",
                found="no champion"
                if champion is None
                else f"no champion before version {champion.number}",
                expected="an earlier champion",
                remedy="Promote a version with `credit-default models promote`.",
            )
        earlier = self.find_version(int(previous))
        tags = {"rolled_back_at": rolled_back_at.isoformat(), "rolled_back_because": reason}
        self.record_tags(champion, tags)
        with self._errors():
            self._client.set_registered_model_alias(self.name, CHAMPION, str(earlier.number))
        return self.find_version(earlier.number)

    @property
    def _client(self) -> "MlflowClient":
        return self._tracking.client

    def _seat(
        self, version: ModelVersion, *, replaced: ModelVersion | None, tags: Mapping[str, str]
    ) -> None:
        notes = {**tags, **({REPLACED_TAG: str(replaced.number)} if replaced else {})}
        self.record_tags(version, notes)
        with self._errors():
            self._client.set_registered_model_alias(self.name, CHAMPION, str(version.number))
            if CHALLENGER in version.aliases:
                self._client.delete_registered_model_alias(self.name, CHALLENGER)

    def _find_alias(self, alias: str) -> ModelVersion | None:
        with self._errors():
            number = self._read_aliases().get(alias)
        return None if number is None else self.find_version(number)

    def _read_aliases(self) -> dict[str, int]:
        from mlflow import MlflowException

        try:
            return {
                key: int(value)
                for key, value in self._client.get_registered_model(self.name).aliases.items()
            }
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}

    def _make_model(self) -> None:
        from mlflow import MlflowException

        try:
            self._client.create_registered_model(
                self.name,
                description="Which credit-card clients default next month: raw statements in, a probability out.",
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _download(self, version: ModelVersion, folder: Path) -> None:
        from mlflow.artifacts import download_artifacts

        uri = self._tracking.tracking_uri
        with self._errors(), disk_errors(folder):
            sizes = {
                str(f.path): int(f.file_size or 0)
                for f in self._client.list_logged_model_artifacts(version.model_id)
            }
            # by our own names only: whatever else the artifact holds stays where it is
            wanted = [
                name for name in (MANIFEST, PIPELINE, TRAINED_ROWS, REFERENCE) if name in sizes
            ]
            if sum(sizes[name] for name in wanted) > _LARGEST_BUNDLE_BYTES:
                raise ArtifactError(
                    f"model {self.name}, version {version.number}",
                    found=f"{sizes} bytes",
                    expected=f"at most {_LARGEST_BUNDLE_BYTES} in all",
                    remedy="Register the model anew.",
                )
            location = self._client.get_logged_model(version.model_id).artifact_location.rstrip("/")
            for name in wanted:
                download_artifacts(
                    f"{location}/{name}", dst_path=str(folder), tracking_uri=uri, registry_uri=uri
                )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with mlflow_errors(self._tracking.tracking_uri):
            yield
