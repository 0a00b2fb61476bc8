"""Validate anybody's scored file: no lake is read or written, and no server is started."""

from dataclasses import dataclass, field
from pathlib import Path

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.report import ValidationReport, build_report
from credit_default.services.validation.column_roles import ColumnChoice
from credit_default.services.validation.scored_file import read_scored_file


@dataclass(frozen=True, slots=True, eq=False)
class Validated:
    """A report, and the sample that it is about."""

    report: ValidationReport
    sample: ScoredSample = field(repr=False)


def validate_file(
    path: Path, choice: ColumnChoice, *, reference: Path | None, options: ReadingOptions
) -> Validated:
    """Return the battery's report on a file of scores.

    Arguments and errors are those of `read_scored_file`.
    """
    file = read_scored_file(path, choice, reference=reference, options=options)
    policy = ValidationPolicy()
    results = run_battery(file.sample, file.reference, policy, file.input_digest)
    report = build_report(
        results,
        file.sample,
        reference=file.reference,
        policy=policy,
        subject=path.name,
        input_digest=file.input_digest,
        notes=file.notes,
    )
    return Validated(report, file.sample)
