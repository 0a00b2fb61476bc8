"""Write a validation to a folder that a person named: page, JSON and workbook."""

from pathlib import Path

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.adapters.host.given_paths import resolve_folder
from credit_default.adapters.workbooks.table_workbook import render_workbook
from credit_default.errors import InputError
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.report import ValidationReport
from credit_default.views.documents.html import render_html
from credit_default.views.validation.page import describe_validation
from credit_default.views.validation.pictures import draw_sample
from credit_default.views.validation.report_json import render_report_json
from credit_default.views.validation.workbook_sheets import build_sheets


def resolve_report_folder(given: Path) -> Path:
    """Return the absolute path of the folder to write to; it is made when the report is written.

    Raises:
        InputError: The path cannot be followed, or there is a file of that name.
    """
    folder = resolve_folder(given, thing="--out")
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"--out {folder}",
            found="a file of that name",
            expected="a folder, which is made where it is absent",
            remedy="Choose another place; nothing was done yet.",
        )
    return folder


def write_report(report: ValidationReport, sample: ScoredSample, *, folder: Path) -> dict[str, str]:
    """Write validation.html, validation.json and validation.xlsx; the same report gives the same bytes.

    Args:
        report: What was found.
        sample: The judged rows, for the figures of the page.
        folder: Where to write; files of these names are replaced.

    Returns:
        The paths by what they are, as the summary shows them.

    Raises:
        ServiceError: The folder cannot be written to.
    """
    page = describe_validation(report, pictures=draw_sample(sample))
    files = {
        "page": ("validation.html", render_html(page).encode()),
        "json": ("validation.json", render_report_json(report).encode()),
        "workbook": ("validation.xlsx", render_workbook(build_sheets(report))),
    }
    for name, content in files.values():
        write_atomically(folder / name, content, thing="--out")
    return {kind: str(folder / name) for kind, (name, _) in files.items()}
