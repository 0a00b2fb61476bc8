import pytest
from tests.fakes.validation_reports import make_hostile_report, make_sample

from credit_default.errors import InputError, ServiceError
from credit_default.services.validation.write_report import resolve_report_folder, write_report


@pytest.fixture(scope="module")
def report():
    return make_hostile_report()


def test_the_folder_is_made_and_files_of_an_earlier_report_are_replaced(report, tmp_path):
    folder = resolve_report_folder(tmp_path / "new" / "folder")
    write_report(report, make_sample(), folder=folder)
    (folder / "validation.json").write_text("old")

    written = write_report(report, make_sample(), folder=folder)

    assert sorted(path.name for path in folder.iterdir()) == [
        "validation.html",
        "validation.json",
        "validation.xlsx",
    ]
    assert list(written) == ["page", "json", "workbook"]
    assert (folder / "validation.json").read_text() != "old"


def test_a_file_in_the_place_of_the_folder_is_refused_before_any_work(tmp_path):
    (tmp_path / "taken").write_text("")

    with pytest.raises(InputError, match="a file of that name"):
        resolve_report_folder(tmp_path / "taken")


def test_a_folder_that_cannot_be_written_to_is_said(report):
    with pytest.raises(ServiceError, match="--out /proc/nowhere"):
        write_report(report, make_sample(), folder=resolve_report_folder("/proc/nowhere"))
