"""Look whether a version or a champion exists before anything slow starts: a server, or the import of MLflow.

Only the embedded MLflow's database is looked at. With an MLflow server nothing is checked here: the work itself does it.
What the lake's pinned copy says of the champion is used where that database names the same version, and MLflow is asked
wherever it does not.
"""

from dataclasses import dataclass

from credit_default.adapters.lake.pinned_champion import (
    ChampionPointer,
    has_complete_pinned_champion,
    read_champion_pointer,
)
from credit_default.adapters.mlflow.embedded_versions import (
    EmbeddedVersions,
    find_embedded_versions,
)
from credit_default.adapters.mlflow.model_versions import (
    MODEL_NAME,
    build_no_predecessor_error,
    build_unknown_version_error,
)
from credit_default.errors import ArtifactError, SetupError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.champion.current import build_absent_registry_error
from credit_default.services.champion.pinned_champion import load_pinned_bundle
from credit_default.services.context.wiring import Wiring


@dataclass(frozen=True, slots=True)
class NamedChampion:
    """The champion's version number, and when it was trained, in ISO form."""

    number: int
    trained_at: str


def find_named_champion(wiring: Wiring) -> NamedChampion | None:
    """Return the champion that the registry names; None before the first promotion.

    Raises:
        ServiceError: MLflow does not answer.
    """
    known = _find_versions(wiring)
    if known is not None and known.champion is None:
        return None
    pointer = _find_named_pointer(wiring, known)
    if pointer is not None and pointer.trained_at:
        return NamedChampion(pointer.model_version, pointer.trained_at)
    version = wiring.registry.find_champion()
    return None if version is None else NamedChampion(version.number, version.trained_at)


def load_version(wiring: Wiring, number: int) -> ModelBundle:
    """Return the version's bundle, verified: the champion's from the lake, any other from the registry.

    Raises:
        InputError: There is no such version.
        ArtifactError: The artifact is not the one on record.
        ServiceError: MLflow does not answer, or the bundle cannot be downloaded.
    """
    pointer = _find_named_pointer(wiring, _find_versions(wiring))
    if pointer is not None and pointer.model_version == number:
        try:
            return load_pinned_bundle(wiring, pointer)
        except ArtifactError:  # the copy was damaged: the one in the registry decides
            pass
    return wiring.registry.load_version(wiring.registry.find_version(number))


def _find_named_pointer(wiring: Wiring, known: EmbeddedVersions | None) -> ChampionPointer | None:
    """Return the lake's pinned champion where the embedded MLflow names the same version, and its files are there."""
    try:
        pointer = read_champion_pointer(wiring.lake)
    except ArtifactError:  # MLflow is asked; `reconcile` writes it again
        return None
    if pointer is None or known is None or known.champion != pointer.model_version:
        return None
    return pointer if has_complete_pinned_champion(wiring.lake, pointer) else None


def has_no_version(wiring: Wiring) -> bool:
    """Return whether it is certain that nothing is registered yet; a server is not asked."""
    known = _find_versions(wiring)
    return known is not None and not known.numbers


def require_known_version(wiring: Wiring, number: int) -> None:
    """Raise when it is certain that no version has this number.

    Raises:
        InputError: There is none.
    """
    known = _find_versions(wiring)
    if known is not None and number not in known.numbers:
        raise build_unknown_version_error(MODEL_NAME, number)


def require_champion(wiring: Wiring) -> None:
    """Raise when it is certain that there is no champion to score with.

    Raises:
        SetupError: There is none, or the registry has not come along with the lake.
    """
    known = _find_versions(wiring)
    if known is None or known.champion is not None:
        return
    pointer = read_champion_pointer(wiring.lake)
    if pointer is not None and not known.numbers:
        raise build_absent_registry_error(wiring, pointer)
    raise build_no_champion_error()


def require_champion_to_roll_back(wiring: Wiring) -> None:
    """Raise when it is certain that there is no champion, and so none before it.

    Raises:
        InputError: There is none.
    """
    known = _find_versions(wiring)
    if known is not None and known.champion is None:
        raise build_no_predecessor_error(MODEL_NAME, None)


def build_no_champion_error() -> SetupError:
    """Return the error of a command that needs a champion where there is none."""
    return SetupError(
        "champion",
        found="none in the registry",
        expected="a promoted model",
        remedy="Train one with `credit-default train`.",
    )


def _find_versions(wiring: Wiring) -> EmbeddedVersions | None:
    """Return the versions; None where an MLflow server is named, or the database cannot tell."""
    if wiring.settings.mlflow.tracking_uri:
        return None
    return find_embedded_versions(wiring.lake.tracking_uri)
