"""The champion at the time of a comparison."""

import datetime as dt
from dataclasses import dataclass

from credit_default.model.estimator.bundle import ModelBundle


@dataclass(frozen=True, slots=True, eq=False)
class CurrentChampion:
    """The champion at the time of the contest, and the version that it is."""

    bundle: ModelBundle
    number: int
    data_origin: str
    pinned_at: dt.datetime | None = (
        None  # when the registry last named it, where MLflow was away and the lake was asked
    )
