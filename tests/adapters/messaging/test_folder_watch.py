from itertools import islice

import pytest

from credit_default.adapters.messaging.folder_watch import watch_folder
from credit_default.errors import ServiceError


def test_a_written_file_is_a_change_and_silence_is_reported_too(tmp_path):
    folder = tmp_path / "incoming"
    changes = watch_folder(folder)
    quiet = next(changes)

    (folder / "a.csv").write_bytes(b"a")
    changed = any(islice(changes, 60))  # a busy machine may report silence first

    assert (quiet, changed) == (False, True)
    assert False in set(islice(changes, 3))


def test_a_place_that_cannot_be_a_folder_is_reported(tmp_path):
    (tmp_path / "incoming").write_bytes(b"a file")

    with pytest.raises(ServiceError):
        next(watch_folder(tmp_path / "incoming"))
