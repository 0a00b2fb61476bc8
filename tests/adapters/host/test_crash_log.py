import re
import stat
import tempfile

import pytest

from credit_default.adapters.host.crash_log import print_traceback, record_unexpected_error


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def raise_and_catch(error):
    try:
        raise error  # noqa: TRY301 - it gets its traceback here
    except BaseException as caught:  # noqa: BLE001 - any kind is tried
        return caught


def test_log_file_holds_the_traceback_for_its_owner_only(temporary_folder):
    shown = record_unexpected_error(raise_and_catch(KeyError("limit")), of="models show")

    (path,) = temporary_folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.name.startswith("credit-default-models-show-")
    assert "Traceback (most recent call last)" in path.read_text()
    assert (shown.exit_code, shown.found) == (70, "KeyError: 'limit'")
    assert str(path) in str(shown)


def test_credentials_are_hidden_in_the_log_file_and_in_the_line(temporary_folder):
    error = ConnectionError(
        "postgresql://anna:geheim@db:5432/x and https://u:geheim2@h does not answer"
    )

    shown = record_unexpected_error(raise_and_catch(error), of="up")

    (path,) = temporary_folder.iterdir()
    assert "geheim" not in path.read_text() + str(shown)
    assert "://***@db:5432/x" in path.read_text()


def test_long_message_of_many_lines_is_one_short_line():
    shown = str(record_unexpected_error(ValueError("one\ntwo\x1b[2J\n" * 500), of="train"))

    assert len(shown) < 800
    assert shown.isprintable()


def test_error_without_a_message_is_named_by_its_type():
    assert record_unexpected_error(MemoryError(), of="train").found == "MemoryError"


def test_error_is_shown_where_no_log_file_can_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))

    shown = str(record_unexpected_error(ValueError("x"), of="train"))

    assert "ValueError: x" in shown
    assert "--traceback" in shown


def test_printed_traceback_leaves_no_file(temporary_folder, capsys):
    shown = print_traceback(raise_and_catch(ValueError("s3://a:b@c")), of="train")

    printed = capsys.readouterr().err
    assert re.search(r"Traceback[^ ]* (.|\n)*ValueError: s3://\*\*\*@c\n$", printed)
    assert "above" in shown.remedy
    assert not list(temporary_folder.iterdir())
