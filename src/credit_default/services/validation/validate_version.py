"""Validate a registered version on its test side and on the months that it scored since; no server is started."""

import datetime as dt
import hashlib
import json

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.errors import InputError
from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation_report.report import build_report
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import digest_frame
from credit_default.services.champion.first_look import (
    build_no_champion_error,
    require_champion,
    require_known_version,
)
from credit_default.services.context.data_origin import REAL, SIMULATED
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.services.validation.validate_file import Validated
from credit_default.services.validation.version_figures import measure_version_figures
from credit_default.services.validation.version_rows import VersionRows, read_version_rows
from credit_default.services.validation.version_sample import build_version_samples


def validate_version(wiring: Wiring, number: int | None, *, now: dt.datetime) -> Validated:
    """Return the battery's report on a version.

    Args:
        wiring: The lake and the registry.
        number: The version's number; None for the champion.
        now: Months whose outcomes are not due by then are left out.

    Raises:
        SetupError: There is no champion, or the version is of another portfolio.
        InputError: There is no such version, or it has no test side with outcomes.
        ArtifactError: The version's artifact is not the one on record.
    """
    version = _find_version(wiring, number)
    bundle = wiring.registry.load_version(version)
    require_same_portfolio(wiring.schema, bundle.schema_name, thing=f"version {version.number}")
    rows = read_version_rows(wiring, bundle, version=version.number, now=now)
    if rows is None:
        raise InputError(
            f"version {version.number}",
            found="no test side with outcomes",
            expected="a version that `train` registered",
            remedy="Train again: the test side is kept with each version.",
        )
    policy = ValidationPolicy()
    samples = build_version_samples(wiring, bundle, rows)
    given = measure_version_figures(wiring, bundle, rows, version=version, now=now)
    digest = _digest_input(bundle, rows)
    results = run_battery(samples.sample, samples.reference, policy, digest, given=given)
    report = build_report(
        results,
        samples.sample,
        reference=samples.reference,
        policy=policy,
        subject=f"version {version.number}",
        input_digest=digest,
        is_simulated=version.tags.get("data_origin", REAL) == SIMULATED,
        notes=rows.notes,
    )
    return Validated(report, samples.sample)


def _find_version(wiring: Wiring, number: int | None) -> ModelVersion:
    if number is not None:
        require_known_version(wiring, number)
        return wiring.registry.find_version(number)
    require_champion(wiring)
    champion = wiring.registry.find_champion()
    if champion is None:
        raise build_no_champion_error()
    return champion


def _digest_input(bundle: ModelBundle, rows: VersionRows) -> str:
    """Return what identifies the input: the model, which holds its test side, and the rows that came later."""
    later = "" if rows.production is None else digest_frame(rows.production)
    development = 0 if rows.development is None else rows.development.height
    content = json.dumps([bundle.digest, later, development])
    return hashlib.sha256(content.encode()).hexdigest()
