"""From statements with outcomes to a challenger: rows, split, fit, evaluate. What becomes of it is `contest`'s."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from credit_default.adapters.lake.snapshots import Snapshot, list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.queries import read_outcomes
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split, split
from credit_default.errors import InputError
from credit_default.gates.monitoring.retraining import TrainingWindow, choose_window
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import digest_recipe_and_rows
from credit_default.model.estimator.fitting import (
    OutOfBag,
    OutOfFold,
    cross_validate,
    fit_with_evidence,
)
from credit_default.model.estimator.recalibration import CalibrationChoice
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.model.features.declaration import Feature
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.ingest import require_same_origin_as_lake, save_checked_file
from credit_default.services.monitoring.retraining import find_broken_batches
from credit_default.services.outcomes.coverage import is_early
from credit_default.services.training.data_source import fetch_data
from credit_default.services.training.fold_cache import find_folds, save_folds

FOLD_COUNT = 5
FOLD_SEEDS = (
    0,
    1,
    2,
)  # fixed beforehand: a figure that stands in a document is a mean over these draws


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """Checked rows with outcomes, the snapshots that they stand in, and what the quality gate said of them."""

    rows: pl.DataFrame
    snapshots: tuple[Snapshot, ...]
    data_origin: str
    rejected_count: int
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Challenger:
    """A fitted bundle with its reference, and how good it is on the test side, whose clients it never saw.

    The threshold and all else that development rows may decide is decided on `out_of_bag`.
    """

    bundle: ModelBundle
    data_origin: str
    evaluation: Evaluation
    test_defaulted: np.ndarray
    test_probability: np.ndarray
    out_of_bag: OutOfBag  # development rows, each judged by the trees that did not draw it
    calibration: CalibrationChoice  # what those rows said of the probabilities


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """One evaluation of pooled out-of-fold probabilities for each seed of `FOLD_SEEDS`."""

    evaluations: tuple[Evaluation, ...]

    def average(self) -> Mapping[str, float]:
        """Each metric's mean over the seeds."""
        names = self.evaluations[0].metrics
        return {
            name: sum(e.metrics[name].value for e in self.evaluations) / len(self.evaluations)
            for name in names
        }


def require_mlflow(wiring: Wiring) -> None:
    """Nothing; returns once MLflow answers: a model that cannot be recorded is not fitted.

    Raises:
        ServiceError: it does not in the time that the settings give it.
    """
    wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.mlflow.training_wait_seconds)


def read_training_rows(wiring: Wiring, *, month: str | None, read_at: dt.datetime) -> TrainingRows:
    """The rows of the file that the settings name: checked, judged, kept as a snapshot, rejected ones in quarantine.

    Raises:
        InputError: the file is not what it should be, or the lake's clients are of the other origin.
        RefusedError: the quality gate refused it; nothing was kept.
    """
    data = fetch_data(wiring.settings)
    checked = check_file(wiring, str(data.path), month=month or data.month, outcome="required")
    require_same_origin_as_lake(wiring, checked)
    verdict = judge_file(wiring, checked, judged_at=read_at)
    snapshot = save_checked_file(wiring, checked, kept_at=read_at)
    rows = pl.concat(list(read_snapshot_rows(snapshot)))
    return TrainingRows(
        rows,
        (snapshot,),
        checked.data_origin,
        checked.validated.rejected_count,
        (verdict,),
        data.notes,
    )


def read_known_rows(wiring: Wiring) -> TrainingRows:
    """All rows in the lake whose outcome is known by now: labelled snapshots, and batches whose outcomes arrived.

    A row that stands in several snapshots counts once, as it was kept last. Months outside the retraining policy's window
    are left out, and so are batches of a broken feed and outcomes that came too early to count.

    Raises:
        InputError: the lake knows no outcome, or holds real and simulated clients.
    """
    broken = set(find_broken_batches(wiring))
    own = tuple(
        s for s in list_snapshots(wiring.lake) if s.origin.schema_name == wiring.schema.name
    )
    snapshots = tuple(s for s in own if s.digest not in broken)
    outcomes = read_outcomes(wiring.lake).filter(~is_early()).select(*KEY, OUTCOME)
    known = [(s, rows) for s in snapshots if not (rows := _label_rows(s, outcomes)).is_empty()]
    if not known:
        raise InputError(
            f"lake {wiring.lake.uri}",
            found="no statements with known outcomes",
            expected="some to learn from",
            remedy="Ingest a file with outcomes, or name one with --data.",
        )
    window = choose_window(
        wiring.settings.retraining,
        newest_month=max(str(rows[STATEMENT_MONTH].max()) for _, rows in known),
    )
    used = [
        (s, rows)
        for s, rows in ((s, _select_window(rows, window)) for s, rows in known)
        if not rows.is_empty()
    ]
    origins = {s.origin.data_origin for s, _ in used}
    if len(origins) > 1:
        raise InputError(
            f"lake {wiring.lake.uri}",
            found="real and simulated clients",
            expected="one of the two",
            remedy="Use a lake of its own for simulated data.",
        )
    rows = pl.concat([rows for _, rows in used]).unique(KEY, keep="last", maintain_order=True)
    notes = _describe_left_out(window, len(own) - len(snapshots))
    return TrainingRows(rows, tuple(s for s, _ in used), origins.pop(), 0, (), notes)


def split_rows(wiring: Wiring, training: TrainingRows) -> Split:
    """Development and test side; a client stays on its side in every training."""
    return split(training.rows, test_share=wiring.settings.refresh.test_share)


def fit_challenger(wiring: Wiring, training: TrainingRows, sides: Split) -> Challenger:
    """A bundle fitted on the development side, evaluated on the test side, which is also its reference."""
    settings = wiring.settings
    fitted = fit_with_evidence(
        settings.recipe,
        sides.development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=settings.decision,
        job_count=settings.jobs,
        source_digests=[s.source.sha256 for s in training.snapshots],
    )
    bundle = attach_reference(fitted.bundle, sides.test)
    defaulted = sides.test[OUTCOME].to_numpy()
    probability = score_probability(bundle, sides.test)
    evaluation = evaluate(defaulted, probability, policy=settings.decision, seed=settings.seed)
    return Challenger(
        bundle,
        training.data_origin,
        evaluation,
        defaulted,
        probability,
        fitted.out_of_bag,
        fitted.calibration,
    )


def cross_validate_challenger(
    wiring: Wiring, challenger: Challenger, training: TrainingRows
) -> CrossValidation:
    """How good the challenger's recipe is on all rows, each scored by a forest that did not see it, for three draws."""
    rows = training.rows.sort(KEY)
    defaulted = rows[OUTCOME].to_numpy()
    return CrossValidation(
        tuple(
            evaluate(
                defaulted,
                cross_validate_recipe(
                    wiring, challenger.bundle.recipe, rows, seed=seed
                ).default_probability,
                policy=wiring.settings.decision,
                seed=seed,
            )
            for seed in FOLD_SEEDS
        )
    )


def cross_validate_recipe(
    wiring: Wiring,
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    seed: int,
    features: tuple[Feature, ...] | None = None,
) -> OutOfFold:
    """Out-of-fold probabilities of a recipe on rows sorted by key, from the cache when they were computed before.

    `features` are the recipe's own: the portfolio's where they are not given.

    The forest draws by the recipe's seed plus this one, so that another draw of folds is another draw of trees too.
    """
    recipe = replace(recipe, seed=recipe.seed + seed)
    schema, features = wiring.schema, features or wiring.portfolio.features
    name = digest_recipe_and_rows(
        recipe, rows, schema=schema, features=features, fold_count=FOLD_COUNT, seed=seed
    )
    return find_folds(wiring, name) or save_folds(
        wiring,
        name,
        cross_validate(
            recipe,
            rows,
            schema=schema,
            features=features,
            fold_count=FOLD_COUNT,
            seed=seed,
            job_count=wiring.settings.jobs,
        ),
    )


def _select_window(rows: pl.DataFrame, window: TrainingWindow) -> pl.DataFrame:
    if window.first_month is None:
        return rows
    return rows.filter(
        pl.col(STATEMENT_MONTH).is_between(pl.lit(window.first_month), pl.lit(window.last_month))
    )


def _describe_left_out(window: TrainingWindow, broken_count: int) -> tuple[str, ...]:
    told = (
        [f"learnt from the months {window.first_month} to {window.last_month}"]
        if window.first_month
        else []
    )
    batches = "1 batch" if broken_count == 1 else f"{broken_count} batches"
    return (*told, f"{batches} of a broken feed left out") if broken_count else tuple(told)


def _label_rows(snapshot: Snapshot, outcomes: pl.DataFrame) -> pl.DataFrame:
    rows = pl.concat(list(read_snapshot_rows(snapshot)))
    if OUTCOME not in rows.columns:
        return rows.join(outcomes, on=KEY, how="inner", maintain_order="left")
    # What was observed later corrects, or completes, what the file said.
    later = outcomes.rename({OUTCOME: "observed"})
    joined = rows.join(later, on=KEY, how="left", maintain_order="left")
    return (
        joined.with_columns(pl.coalesce("observed", OUTCOME).alias(OUTCOME))
        .drop("observed")
        .drop_nulls(OUTCOME)
    )
