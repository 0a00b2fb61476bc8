"""The champion at the time of a scoring or of a comparison with a challenger."""

import datetime as dt
from dataclasses import dataclass

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


def load_registered_champion(wiring: Wiring) -> CurrentChampion | None:
    """Return the champion that the registry names, its artifact verified.

    None before the first promotion.

    Raises:
        SetupError: It is of another portfolio.
        ArtifactError: Its artifact is not the one on record.
        ServiceError: MLflow does not answer.
    """
    version = wiring.registry.find_champion()
    if version is None:
        return None
    bundle = wiring.registry.load_version(version)
    require_same_portfolio(
        wiring.schema, bundle.schema_name, thing=f"champion, version {version.number}"
    )
    return CurrentChampion(bundle, version.number, version.tags.get("data_origin", REAL))
