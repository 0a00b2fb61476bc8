"""The champion that a challenger is judged against, also where its package has changed since and it can no longer be loaded.

Training must go on then: a changed package is a reason for a new model. What cannot be compared is for people to decide.
"""

import datetime as dt
import logging

from credit_default.adapters.mlflow.registry import ModelVersion
from credit_default.data.splitting import Split
from credit_default.errors import SetupError
from credit_default.gates.promotion.promotion_verdict import build_refusal
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.current import (
    CurrentChampion,
    UnloadableChampion,
    load_registered_champion,
)
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.baselines import Rivals
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.promotion_contest import judge_challenger

_LOG = logging.getLogger(__name__)


def find_contested_champion(wiring: Wiring) -> CurrentChampion | UnloadableChampion | None:
    """Return the champion; None before the first promotion.

    Raises:
        SetupError: It is of another portfolio, or the registry is not the one that the lake's models are in.
        ArtifactError: Its artifact is not the one on record.
        ServiceError: MLflow does not answer.
    """
    try:
        return load_registered_champion(wiring)
    except SetupError as error:
        version = wiring.registry.find_champion()
        if version is None or (fault := _find_fault(wiring, version)) is None:
            raise
        _LOG.warning("champion cannot be loaded model_version=%d: %s", version.number, error)
        return UnloadableChampion(version.number, fault)


def _find_fault(wiring: Wiring, version: ModelVersion) -> str | None:
    """Return why the version's package keeps it from being loaded; None where it does not."""
    try:
        wiring.registry.load_version(version)
    except SetupError as error:
        return f"found {error.found}"
    return None


def judge_contest(
    wiring: Wiring,
    challenger: Challenger,
    sides: Split,
    *,
    champion: CurrentChampion | UnloadableChampion | None,
    now: dt.datetime,
    rivals: Rivals | None = None,
) -> Verdict:
    """Return the verdict of `judge_challenger`; a refusal where the champion cannot be loaded."""
    if isinstance(champion, UnloadableChampion):
        return build_refusal(
            f"version {champion.number} cannot be loaded here ({champion.fault}), so nothing can be "
            "compared: people decide, by `models promote`"
        )
    return judge_challenger(wiring, challenger, sides, champion=champion, now=now, rivals=rivals)
