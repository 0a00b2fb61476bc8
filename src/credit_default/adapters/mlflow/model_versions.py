"""A registered version of the model, as MLflow describes it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credit_default.errors import ArtifactError, InputError

MODEL_NAME: Final = "credit-default"
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
DIGEST_TAG: Final = "digest"
SEAL_TAG: Final = "seal"
REPLACED_TAG: Final = "replaced_version"
LONGEST_TAG: Final = 5_000  # characters: MLflow refuses longer values


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version. Its `tags` hold the digest, the seal, the verdict on it, and what `train` wrote."""

    name: str
    number: int
    run_id: str
    model_id: str  # MLflow's id of the logged model, which holds the artifact
    digest: str
    aliases: tuple[str, ...]
    created_at: dt.datetime
    tags: Mapping[str, str]

    @property
    def is_champion(self) -> bool:
        """Whether this version has the champion alias: it is the one that scores."""
        return CHAMPION in self.aliases

    @property
    def trained_at(self) -> str:
        """When it was trained, in ISO form; where `train` did not record that, when it was registered."""
        return self.tags.get("trained_at") or self.created_at.isoformat()


def parse_version(version: Any, aliases: Mapping[str, int]) -> ModelVersion:
    """Return the version that MLflow's entity describes.

    Args:
        version: MLflow's `ModelVersion` entity.
        aliases: The registered model's aliases, each with the number of the version that has it.

    Raises:
        ArtifactError: The version was not registered by `train`.
    """
    tags = dict(version.tags)
    number, source = int(version.version), str(version.source)
    if DIGEST_TAG not in tags or not source.startswith("models:/"):
        raise ArtifactError(
            f"model {version.name}, version {version.version}",
            found=f"no digest, source {source[:100]!r}",
            expected="a version that `train` registered",
            remedy="Delete it from the registry: its content cannot be verified.",
        )
    return ModelVersion(
        name=version.name,
        number=number,
        run_id=str(version.run_id),
        model_id=source.removeprefix("models:/"),
        digest=tags[DIGEST_TAG],
        aliases=tuple(sorted(alias for alias, holder in aliases.items() if holder == number)),
        created_at=dt.datetime.fromtimestamp(version.creation_timestamp / 1000, tz=dt.UTC),
        tags=tags,
    )


def build_unknown_version_error(name: str, number: int) -> InputError:
    """Return the error of a version that does not exist."""
    return InputError(
        f"model {name}",
        found=f"no version {number}",
        expected="one of those that `credit-default models show` lists",
        remedy="A version that was deleted cannot be restored: train a new one.",
    )


def build_no_predecessor_error(name: str, champion: int | None) -> InputError:
    """Return the error of a rollback where no champion was before this version, or there is none at all."""
    return InputError(
        f"model {name}",
        found="no champion" if champion is None else f"no champion before version {champion}",
        expected="an earlier champion",
        remedy="Promote a version with `credit-default models promote`.",
    )
