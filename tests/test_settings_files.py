import pytest

from credit_default.errors import InputError
from credit_default.settings import load_settings
from credit_default.settings_files import join_config_files, list_config_files


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", ()),
        ("a.toml", ("a.toml",)),
        ("a.toml::b c.toml", ("a.toml", "b c.toml")),
        ('["a:b.toml", "c.toml"]', ("a:b.toml", "c.toml")),
        ("[x].toml", ("[x].toml",)),
    ],
)
def test_the_variable_names_files(value, names):
    assert list_config_files({"CREDIT_DEFAULT_CONFIG": value}) == names


@pytest.mark.parametrize(
    "names", [(), ("/a.toml", "/ä #1.toml"), ("/10:30/a.toml",), ('["x', "/b.toml"), ("/a\nb",)]
)
def test_names_that_were_joined_are_found_again(names):
    assert list_config_files({"CREDIT_DEFAULT_CONFIG": join_config_files(names)}) == names


def test_plain_names_are_joined_as_they_always_were():
    assert join_config_files(["/a.toml", "/b c.toml"]) == "/a.toml:/b c.toml"


def test_an_array_that_is_broken_off_is_refused():
    with pytest.raises(InputError, match="or a JSON array of names"):
        list_config_files({"CREDIT_DEFAULT_CONFIG": '["a.toml'})


def test_a_file_is_found_in_the_home_folder_and_by_any_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ä #1: [x]*.toml").write_text("seed = 5\n")

    assert load_settings(config_files=["~/ä #1: [x]*.toml"], environment={}).settings.seed == 5
    with pytest.raises(InputError, match="configuration file ~nobody-here"):
        load_settings(config_files=["~nobody-here/a.toml"], environment={})
