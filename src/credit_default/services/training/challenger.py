"""Fit a challenger on the development side and evaluate it on the test side, or in a small lake out of fold.

Whether it becomes the champion is decided in `promotion_contest`, and carried out in `register_and_promote`.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np

from credit_default.adapters.bundles.storable import check_storable
from credit_default.adapters.bundles.trust import require_trainable
from credit_default.data.contract.schema import CLIENT_ID, OUTCOME
from credit_default.data.splitting import Split
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.fitting import OutOfBag, fit_with_evidence
from credit_default.model.estimator.recalibration import CalibrationChoice
from credit_default.model.estimator.regime import Regime, select_regime
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.judged_rows import JudgedRows, choose_judged_rows
from credit_default.services.training.training_rows import TrainingRows

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Challenger:
    """A fitted bundle with its reference, and how good it is on the test side, whose clients it never saw.

    Where the portfolio has changed, the test side is narrowed to the months of the regime that the model is to serve.

    In a small lake it is `judged` and evaluated on all rows out of fold, where the test side alone would show too little.

    The threshold, and everything else that is chosen on development rows, is chosen on `out_of_bag`.
    """

    bundle: ModelBundle
    data_origin: str  # `real` or `simulated`
    evaluation: Evaluation  # of the rows that it is judged by
    judged: JudgedRows
    test_defaulted: np.ndarray  # one value a test row, 0 or 1
    test_probability: np.ndarray  # one value a test row, 0-1
    out_of_bag: OutOfBag  # development rows, each scored by the trees that did not draw it
    calibration: CalibrationChoice  # whether those rows ask for a recalibration, and why
    regime: Regime  # the months that it is to serve
    sides: Split  # the development side, and of the test side the rows of the regime
    # one value a development row, 0-1, by forests that did not see its client; for a new regime only
    out_of_fold: np.ndarray | None = None
    recipe_note: str = ""  # what of the recipe follows the data's size


def require_mlflow(wiring: Wiring) -> None:
    """Wait until MLflow answers: a model that could not be recorded is not fitted.

    Raises:
        ServiceError: MLflow does not answer in the time that the settings give it.
    """
    wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.mlflow.training_wait_seconds)


def fit_challenger(wiring: Wiring, training: TrainingRows, sides: Split) -> Challenger:
    """Fit a bundle on the development side and evaluate it on the test rows of its regime, which are its reference.

    Raises:
        SetupError: It could not be loaded once it was registered: its package is not trusted, or nobody signs it.
        InputError: It is made of types that are never loaded, or no model can be fitted.
    """
    settings, default_count = wiring.settings, int(sides.development[OUTCOME].sum())
    require_trainable(settings.recipe, trust=wiring.trust, key=wiring.signing_key)
    sized = settings.find_recipe(sides.development.height, default_count=default_count)
    fitted = fit_with_evidence(
        sized.recipe,
        sides.development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=settings.decision,
        job_count=settings.jobs,
        source_digests=[snapshot.source.sha256 for snapshot in training.snapshots],
    )
    check_storable(fitted.bundle)
    test = select_regime(sides.test, fitted.regime)
    bundle = attach_reference(fitted.bundle, test)
    tested = JudgedRows(test, score_probability(bundle, test))
    judged = choose_judged_rows(wiring, bundle, sides, regime=fitted.regime, tested=tested)
    evaluation = evaluate(
        judged.defaulted,
        judged.probability,
        policy=settings.decision,
        seed=settings.seed,
        clients=judged.rows[CLIENT_ID].to_numpy(),
    )
    _LOG.info(
        "fitted challenger digest=%s development_row_count=%d test_row_count=%d regime=%s data_origin=%s",
        bundle.digest[:12],
        sides.development.height,
        test.height,
        fitted.regime.months[0],
        training.data_origin,
    )
    return Challenger(
        bundle,
        training.data_origin,
        evaluation,
        judged,
        tested.defaulted,
        tested.probability,
        fitted.out_of_bag,
        fitted.calibration,
        fitted.regime,
        replace(sides, test=test),
        fitted.out_of_fold.default_probability if fitted.out_of_fold else None,
        sized.note,
    )
