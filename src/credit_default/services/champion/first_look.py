"""Look whether a version or a champion exists before anything slow starts: a server, or the import of MLflow.

Only the embedded MLflow's database is looked at. With an MLflow server nothing is checked here: the work itself does it.
"""

from credit_default.adapters.lake.pinned_champion import read_champion_pointer
from credit_default.adapters.mlflow.embedded_versions import (
    EmbeddedVersions,
    find_embedded_versions,
)
from credit_default.adapters.mlflow.model_versions import (
    build_no_predecessor_error,
    build_unknown_version_error,
)
from credit_default.adapters.mlflow.registry import MODEL_NAME
from credit_default.errors import SetupError
from credit_default.services.champion.current import build_absent_registry_error
from credit_default.services.context.wiring import Wiring


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
