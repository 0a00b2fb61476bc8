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


def test_a_portfolio_s_own_settings_lie_below_every_other_layer(tmp_path):
    (tmp_path / "loans.toml").write_text(
        'features = []\n[schema]\nname = "loans"\n[recipe]\ntree_count = 20\nmaximum_depth = 3\n[promotion]\nhighest_roc_auc = 0.9\n'
    )
    (tmp_path / "own.toml").write_text("[recipe]\nmaximum_depth = 4\n")

    loaded = load_settings(
        {"portfolio": str(tmp_path / "loans.toml")},
        config_files=[str(tmp_path / "own.toml")],
        environment={},
    )

    origins = {origin.name: origin.origin for origin in loaded.origins}
    settings = loaded.settings
    assert (settings.recipe.tree_count, settings.recipe.maximum_depth) == (20, 4)
    assert settings.promotion.highest_roc_auc == 0.9
    assert origins["recipe.tree_count"] == f"portfolio {tmp_path / 'loans.toml'}"
    assert origins["recipe.maximum_depth"] == f"file {tmp_path / 'own.toml'}"


def test_the_credit_card_portfolio_has_a_bound_of_its_own_that_a_file_may_set(tmp_path):
    (tmp_path / "own.toml").write_text("[promotion]\nhighest_roc_auc = 0.8\n")
    (tmp_path / "loans.toml").write_text('features = []\n[schema]\nname = "loans"\n')

    cards, own, loans = (
        load_settings(flags, config_files=files, environment={})
        for flags, files in (
            ({}, []),
            ({"portfolio": "credit-card"}, [str(tmp_path / "own.toml")]),
            ({"portfolio": str(tmp_path / "loans.toml")}, []),
        )
    )

    bounds = [loaded.settings.promotion.highest_roc_auc for loaded in (cards, own, loans)]
    assert bounds == [0.85, 0.8, 0.99]
    origins = {origin.name: origin.origin for origin in cards.origins}
    assert origins["promotion.highest_roc_auc"] == "portfolio credit-card"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[recipe]\ntree_counts = 5\n", "setting recipe.tree_counts"),
        ("[promotion]\nhighest_roc_auc = 'high'\n", "setting promotion.highest_roc_auc"),
    ],
)
def test_a_wrong_setting_of_a_portfolio_is_named_with_its_file(tmp_path, text, found):
    (tmp_path / "loans.toml").write_text(text)

    with pytest.raises(InputError, match=found) as refused:
        load_settings({"portfolio": str(tmp_path / "loans.toml")}, environment={})
    assert "loans.toml" in refused.value.thing


def test_places_and_servers_are_no_settings_of_a_portfolio(tmp_path):
    (tmp_path / "loans.toml").write_text(
        'lake = "s3://elsewhere/x"\n[mlflow]\ntracking_uri = "http://x"\n'
    )

    settings = load_settings({"portfolio": str(tmp_path / "loans.toml")}, environment={}).settings

    assert settings.lake == "./lake"
    assert not settings.mlflow.tracking_uri
