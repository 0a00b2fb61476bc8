import pytest

from credit_default.errors import InputError
from credit_default.services.tuning.winner_file import require_writable_target


def test_existing_file_is_not_overwritten_unless_asked_for(tmp_path):
    path = tmp_path / "tuned.toml"
    require_writable_target(path, replacing=False)
    path.write_text("[recipe]\n")

    with pytest.raises(InputError, match="add --replace"):
        require_writable_target(path, replacing=False)

    require_writable_target(path, replacing=True)


def test_file_that_cannot_be_a_configuration_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected \.toml"):
        require_writable_target(tmp_path / "tuned.json", replacing=False)


def test_folder_that_cannot_be_written_to_is_refused_before_the_search(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match="cannot be written to"):
        require_writable_target(tmp_path / "file" / "tuned.toml", replacing=False)


@pytest.mark.parametrize("replacing", [False, True])
def test_a_folder_is_not_replaced_by_a_recipe(tmp_path, replacing):
    (tmp_path / "recipe.toml").mkdir()

    with pytest.raises(InputError, match="found a folder; expected a new file"):
        require_writable_target(tmp_path / "recipe.toml", replacing=replacing)
