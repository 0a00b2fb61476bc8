"""One version of the registered model, as MLflow describes it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credit_default.errors import ArtifactError

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
DIGEST_TAG: Final = "digest"
SEAL_TAG: Final = "seal"
REPLACED_TAG: Final = "replaced_version"
LONGEST_TAG: Final = 5_000  # characters; MLflow takes no longer ones


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version. `tags` hold digest and seal, the verdict on it, and what `train` wrote."""

    name: str
    number: int
    run_id: str
    model_id: str  # MLflow's own name for the artifact
    digest: str
    aliases: tuple[str, ...]
    created_at: dt.datetime
    tags: Mapping[str, str]

    @property
    def is_champion(self) -> bool:
        """Whether this version is the one that scores."""
        return CHAMPION in self.aliases


def parse_version(version: Any, aliases: Mapping[str, int]) -> ModelVersion:
    """The version that MLflow's entity describes. Raises `ArtifactError` when it is none that `train` registered."""
    tags = dict(version.tags)
    source = str(version.source)
    if DIGEST_TAG not in tags or not source.startswith("models:/"):
        raise ArtifactError(
            f"model {version.name}, version {version.version}",
            found=f"no digest, source {source[:100]!r}",
            expected="a version that `train` registered",
            remedy="Delete it from the registry: nobody vouches for its content.",
        )
    return ModelVersion(
        name=version.name,
        number=int(version.version),
        run_id=str(version.run_id),
        model_id=source.removeprefix("models:/"),
        digest=tags[DIGEST_TAG],
        aliases=tuple(
            sorted(alias for alias, number in aliases.items() if number == int(version.version))
        ),
        created_at=dt.datetime.fromtimestamp(version.creation_timestamp / 1000, tz=dt.UTC),
        tags=tags,
    )
