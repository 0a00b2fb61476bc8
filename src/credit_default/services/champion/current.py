"""The champion at the time of a scoring or of a comparison with a challenger."""

import datetime as dt
from dataclasses import dataclass

from credit_default.adapters.lake.pinned_champion import ChampionPointer, read_champion_pointer
from credit_default.errors import SetupError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.context.data_origin import REAL
from credit_default.services.context.wiring import Wiring, require_same_portfolio


@dataclass(frozen=True, slots=True, eq=False)
class CurrentChampion:
    """The champion's verified bundle and its version number.

    `pinned_at` is None where the registry named the champion. Where MLflow does not answer and the
    pinned champion is used instead, it is the time when the registry last named that version.
    """

    bundle: ModelBundle
    number: int
    data_origin: str  # of the rows it was trained on: real or simulated
    pinned_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class UnloadableChampion:
    """A champion that is of a package that is not trusted, not installed, or another than it was trained with."""

    number: int
    fault: str  # in words


def load_registered_champion(wiring: Wiring) -> CurrentChampion | None:
    """Return the champion that the registry names, its artifact verified.

    None before the first promotion.

    Raises:
        SetupError: It is of another portfolio, or the registry is not the one that the lake's models are in.
        ArtifactError: Its artifact is not the one on record.
        ServiceError: MLflow does not answer.
    """
    version = wiring.registry.find_champion()
    if version is None:
        require_own_registry(wiring)
        return None
    bundle = wiring.registry.load_version(version)
    require_same_portfolio(
        wiring.schema, bundle.schema_name, thing=f"champion, version {version.number}"
    )
    return CurrentChampion(bundle, version.number, version.tags.get("data_origin", REAL))


def require_own_registry(wiring: Wiring) -> None:
    """Check that the registry has a version where the lake has a champion pinned: a new one would get its number again.

    Raises:
        SetupError: It has none: the lake was copied or restored without MLflow's records, or another server is named.
    """
    pointer = read_champion_pointer(wiring.lake)
    if pointer is not None and not wiring.registry.list_versions():
        raise build_absent_registry_error(wiring, pointer)


def build_absent_registry_error(wiring: Wiring, pointer: ChampionPointer) -> SetupError:
    """Return the error of a lake whose pinned champion the registry does not know."""
    lake = wiring.lake
    if wiring.settings.mlflow.tracking_uri:
        remedy = (
            "Correct MLFLOW_TRACKING_URI, or unset it where the records are kept with the lake."
        )
    elif lake.in_bucket:
        remedy = (
            f"They are not in the bucket: copy the folder in which the lake's former address kept them to {lake.home}, "
            "or set MLFLOW_TRACKING_URI to their server."
        )
    else:
        remedy = f"Restore mlflow.db and mlartifacts in {lake.home} from a backup, or set MLFLOW_TRACKING_URI to their server."
    return SetupError(
        f"MLflow's records of {lake.uri}",
        found="no model",
        expected=f"version {pointer.model_version}, which the lake names as its champion",
        remedy=f"{remedy} Where they are lost, begin a new lake: a version's number names one model only.",
    )
