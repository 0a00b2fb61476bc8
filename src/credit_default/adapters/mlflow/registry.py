"""Register model versions in MLflow, and move the champion and challenger aliases.

A version is at once a model that MLflow knows and a bundle of ours, with one copy of the forest. Our code loads it through
`read_bundle` only, with the digest and seal from its tags; MLflow's own loaders are for people who trust the store.
"""

import datetime as dt
import logging
import shutil
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.bundles.trust import NO_TRUST, Trust
from credit_default.adapters.host.atomic_files import staged_folder
from credit_default.adapters.mlflow.bundle_download import download_bundle
from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.adapters.mlflow.embedded_versions import read_embedded_versions
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.logged_model import (
    create_registered_model,
    create_version,
    log_model,
    read_aliases,
)
from credit_default.adapters.mlflow.model_versions import (
    CHALLENGER,
    CHAMPION,
    DIGEST_TAG,
    LONGEST_TAG,
    MODEL_NAME,
    REPLACED_TAG,
    SEAL_TAG,
    ModelVersion,
    build_no_predecessor_error,
    build_unknown_version_error,
    parse_version,
)
from credit_default.adapters.mlflow.run import Run
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.adapters.mlflow.version_verdict import format_verdict_tags
from credit_default.errors import ArtifactError, InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["MODEL_NAME", "ModelVersion", "Registry"]

_LOG = logging.getLogger(__name__)


class Registry:
    """The registered model behind a connection to MLflow.

    Args:
        tracking: The connection.
        cache: The folder in which downloaded and verified bundles stay, one folder a digest.
        name: The registered model's name.
        trust: Whom to trust when a bundle is loaded.
        signing_key: The private key's file that signs a new bundle.
    """

    def __init__(
        self,
        tracking: Tracking,
        *,
        cache: Path,
        name: str = MODEL_NAME,
        trust: Trust = NO_TRUST,
        signing_key: Path | None = None,
    ) -> None:
        self.name = name
        self._tracking = tracking
        self._read_bundle = partial(read_bundle, trust=trust)
        self._write_bundle = partial(write_bundle, signing_key=signing_key)
        self._uri, self._cache = tracking.tracking_uri, cache

    def register(
        self,
        run: Run,
        bundle: ModelBundle,
        *,
        metrics: Mapping[str, float],
        dataset: DatasetRecord | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ModelVersion:
        """Register the bundle as a new version with the challenger alias, and return it.

        When this run has registered the same bundle before, that version is returned and nothing is changed.

        Args:
            run: The training run.
            bundle: The fitted model.
            metrics: What was measured; shown on the model's page.
            dataset: The rows that it was measured on.
            tags: Further tags of the version.
        """
        known = [version for version in self.list_versions() if version.run_id == run.run_id]
        if known and known[0].digest == bundle.digest:
            return known[0]
        with tempfile.TemporaryDirectory() as folder, mlflow_errors(self._uri):
            sealed = self._write_bundle(bundle, Path(folder))
            model_id = log_model(self._client, run, bundle, sealed, name=self.name)
            run.record_metrics(metrics, model_id=model_id, dataset=dataset)
            create_registered_model(self._client, self.name)
            created = create_version(
                self._tracking,
                self.name,
                model_id=model_id,
                run_id=run.run_id,
                tags={**(tags or {}), DIGEST_TAG: sealed.digest, SEAL_TAG: sealed.seal},
            )
            self._client.set_registered_model_alias(self.name, CHALLENGER, str(created.version))
        return self.find_version(int(created.version))

    def list_versions(self) -> tuple[ModelVersion, ...]:
        """Return every version, the newest first; an empty tuple before the first training."""
        stored = read_embedded_versions(self._uri, name=self.name)
        if stored is not None:
            return stored
        with mlflow_errors(self._uri):
            found = self._client.search_model_versions(f"name='{self.name}'", max_results=10_000)
            aliases = read_aliases(self._client, self.name) if found else {}
        versions = [parse_version(version, aliases) for version in found]
        return tuple(sorted(versions, key=lambda version: -version.number))

    def find_version(self, number: int) -> ModelVersion:
        """Return the version of this number. Raises `InputError` when there is none."""
        from mlflow import MlflowException

        with mlflow_errors(self._uri):
            try:
                return parse_version(
                    self._client.get_model_version(self.name, str(number)),
                    read_aliases(self._client, self.name),
                )
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
        raise build_unknown_version_error(self.name, number)

    def find_champion(self) -> ModelVersion | None:
        """Return the version with the champion alias, or None when no version has it (none yet, or it was deleted)."""
        with mlflow_errors(self._uri):
            number = read_aliases(self._client, self.name).get(CHAMPION)
        return None if number is None else self.find_version(number)

    def load_version(self, version: ModelVersion) -> ModelBundle:
        """Return the version's bundle, verified against the digest and seal on record; from the cache where undamaged.

        Raises:
            ArtifactError: The artifact is not the one on record.
            ServiceError: It cannot be downloaded.
        """
        target = self._cache / version.digest
        seal = version.tags.get(SEAL_TAG)
        if target.is_dir():
            try:
                return self._read_bundle(target, expected_digest=version.digest, seal=seal)
            except ArtifactError:  # the copy was damaged: the one in the registry decides
                _LOG.warning("cached bundle is damaged model_version=%d", version.number)
                shutil.rmtree(target, ignore_errors=True)
        with staged_folder(target) as folder:
            download_bundle(self._tracking, version, folder)
            _LOG.debug("downloaded bundle model_version=%d", version.number)
            return self._read_bundle(folder, expected_digest=version.digest, seal=seal)

    def find_cached_bundle(self, version: ModelVersion) -> Path:
        """Return the folder in which the cache keeps the version's bundle once `load_version` has verified it."""
        return self._cache / version.digest

    def record_verdict(self, version: ModelVersion, verdict: Verdict) -> None:
        """Write the verdict into the version's tags, whether it passed or not."""
        self.record_tags(version, format_verdict_tags(verdict))

    def record_tags(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        """Write the tags on the version, each cut to the longest value that MLflow accepts."""
        with mlflow_errors(self._uri):
            for key, value in tags.items():
                self._client.set_model_version_tag(
                    self.name, str(version.number), key, value[:LONGEST_TAG]
                )

    def promote(
        self, version: ModelVersion, verdict: Verdict, *, promoted_at: dt.datetime
    ) -> ModelVersion:
        """Make the version champion, with the verdict and its predecessor's number in its tags, and return it.

        The alias moves last and in one step, so that a crash leaves the old champion in place.

        Raises:
            InputError: The verdict did not pass.
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
        tags = {"promoted_at": promoted_at.isoformat()}
        self._set_champion_alias(version, replaced=champion, tags=tags)
        return self.find_version(version.number)

    def rollback(self, *, reason: str, rolled_back_at: dt.datetime) -> ModelVersion:
        """Make the previous champion the champion again; the reason is written on the version that loses the alias.

        Raises:
            InputError: There is no champion, or it had no predecessor that still exists.
        """
        champion = self.find_champion()
        previous = champion.tags.get(REPLACED_TAG) if champion else None
        if champion is None or not previous:
            raise build_no_predecessor_error(self.name, champion.number if champion else None)
        earlier = self.find_version(int(previous))
        tags = {"rolled_back_at": rolled_back_at.isoformat(), "rolled_back_because": reason}
        self.record_tags(champion, tags)
        with mlflow_errors(self._uri):
            self._client.set_registered_model_alias(self.name, CHAMPION, str(earlier.number))
        return self.find_version(earlier.number)

    @property
    def _client(self) -> "MlflowClient":
        return self._tracking.client

    def _set_champion_alias(
        self, version: ModelVersion, *, replaced: ModelVersion | None, tags: Mapping[str, str]
    ) -> None:
        predecessor = {REPLACED_TAG: str(replaced.number)} if replaced else {}
        self.record_tags(version, {**tags, **predecessor})
        hit_failpoint("seat.judged")
        with mlflow_errors(self._uri):
            self._client.set_registered_model_alias(self.name, CHAMPION, str(version.number))
            if CHALLENGER in version.aliases:
                self._client.delete_registered_model_alias(self.name, CHALLENGER)
