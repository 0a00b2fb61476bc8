import time
from itertools import islice

import pytest

from credit_default.adapters.messaging.folder_watch import watch_folder
from credit_default.errors import ServiceError


def test_file_that_is_written_is_news_and_silence_is_told_too(tmp_path):
    folder = tmp_path / "incoming"
    changes = watch_folder(folder)
    quiet = next(changes)

    (folder / "a.csv").write_bytes(b"a")
    begun = time.monotonic()
    news = next(changes)

    assert (quiet, news) == (False, True)
    assert time.monotonic() - begun < 5
    assert False in set(islice(changes, 3))


def test_place_that_can_be_no_folder_is_told(tmp_path):
    (tmp_path / "incoming").write_bytes(b"a file")

    with pytest.raises(ServiceError):
        next(watch_folder(tmp_path / "incoming"))
