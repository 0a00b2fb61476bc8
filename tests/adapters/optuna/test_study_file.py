import pytest

from credit_default.adapters.optuna.study_file import lock_study_file
from credit_default.errors import InputError


def test_a_second_lock_is_refused_until_the_first_is_released(tmp_path):
    path = tmp_path / "new" / "studies.db"

    with (
        lock_study_file(path),
        pytest.raises(InputError, match="one at a time"),
        lock_study_file(path),
    ):
        pass

    with lock_study_file(path):
        assert not path.exists()


def test_files_are_locked_each_for_itself(tmp_path):
    with lock_study_file(tmp_path / "one.db"), lock_study_file(tmp_path / "other.db"):
        assert {path.name for path in tmp_path.iterdir()} == {"one.lock", "other.lock"}
