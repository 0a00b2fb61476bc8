import re
from pathlib import Path

import pytest

from credit_default.errors import InputError, SetupError
from credit_default.settings import Settings, load_settings, require_no_secrets

CONFIG = Path(__file__).parents[1] / "config"


def origin_of(loaded, name):
    return next(origin for origin in loaded.origins if origin.name == name)


def test_defaults_hold_when_nothing_is_set():
    loaded = load_settings(environment={})

    assert loaded.settings.lake == "./lake"
    others = {origin.name: origin.origin for origin in loaded.origins if origin.origin != "default"}
    assert others == {"promotion.highest_roc_auc": "portfolio credit-card"}


def test_flag_wins_over_variable_wins_over_file(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('lake = "from-file"\nseed = 1\n[drift]\nscore_threshold = 0.3\n')
    environment = {"CREDIT_DEFAULT_LAKE": "from-variable", "CREDIT_DEFAULT_SEED": "2"}

    loaded = load_settings(
        {"lake": "from-flag"}, config_files=[str(config)], environment=environment
    )

    assert (loaded.settings.lake, loaded.settings.seed) == ("from-flag", 2)
    assert loaded.settings.drift.score_threshold == 0.3
    assert origin_of(loaded, "lake").origin == "flag"
    assert origin_of(loaded, "seed").origin == "environment"
    assert origin_of(loaded, "drift.score_threshold").origin == f"file {config}"


def test_later_file_wins_and_leaves_the_rest_of_its_section(tmp_path):
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text("[recipe]\ntree_count = 10\nmaximum_depth = 3\n")
    second.write_text("[recipe]\ntree_count = 20\n")

    settings = load_settings(config_files=[str(first), str(second)], environment={}).settings

    assert (settings.recipe.tree_count, settings.recipe.maximum_depth) == (20, 3)


def test_nested_variable_reaches_a_policy():
    settings = load_settings(
        environment={"CREDIT_DEFAULT_DECISION__MISSED_DEFAULT_COST": "10"}
    ).settings

    assert settings.decision.missed_default_cost == 10


def test_sections_of_fairness_and_loss_are_read(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(
        "[loss]\nloss_given_default = 0.8\ncure_share = 0.4\n[economics]\ncost_ratios = [2, 4]\n[proxies]\nrow_count = 900\n"
        '[fairness]\nattributes = []\nbands = [{ name = "age", edges = [25, 65] }]\n'
    )

    settings = load_settings(config_files=[str(config)], environment={}).settings

    assert settings.loss.loss_given_default == 0.8
    assert settings.loss.cure_share == 0.4
    assert load_settings(environment={}).settings.loss.cure_share == 0.7
    assert settings.economics.cost_ratios == (2.0, 4.0)
    assert settings.proxies.row_count == 900
    assert settings.fairness.attributes == ()
    assert settings.fairness.bands[0].edges == (25.0, 65.0)


@pytest.mark.parametrize(
    "text",
    [
        "[loss]\nconversion_factor = 2",
        "[loss]\nhorizon_months = 0",
        "[loss]\nbalance_column = 'outstanding'",  # and no cure share of that portfolio
        "[economics]\ncost_ratios = []",
        "[fairness]\nbands = [{ name = 'age', edges = [] }]",
    ],
)
def test_assumptions_that_cannot_be_are_refused(tmp_path, text):
    config = tmp_path / "config.toml"
    config.write_text(text)

    with pytest.raises(InputError):
        load_settings(config_files=[str(config)], environment={})


def test_config_variable_names_files(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("seed = 5\n")

    assert load_settings(environment={"CREDIT_DEFAULT_CONFIG": str(config)}).settings.seed == 5


def test_variables_of_mlflow_and_prefect_are_honoured_below_our_own():
    environment = {"MLFLOW_TRACKING_URI": "http://a", "PREFECT_API_URL": "http://b/api"}

    settings = load_settings(environment=environment).settings
    ours = load_settings(
        environment={**environment, "CREDIT_DEFAULT_MLFLOW__TRACKING_URI": "http://c"}
    ).settings

    assert (settings.mlflow.tracking_uri, settings.prefect.api_url) == ("http://a", "http://b/api")
    assert (ours.mlflow.tracking_uri, ours.prefect.api_url) == ("http://c", "http://b/api")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"CREDIT_DEFAULT_LAEK": "x"}, "CREDIT_DEFAULT_LAKE"),
        ({"CREDIT_DEFAULT_DRIFT__SCORE_TRESHOLD": "1"}, "CREDIT_DEFAULT_DRIFT__SCORE_THRESHOLD"),
    ],
)
def test_mistyped_variable_is_refused_with_the_nearest_name(environment, told):
    with pytest.raises(InputError, match=told):
        load_settings(environment=environment)


def test_unknown_key_in_a_file_is_refused_with_the_nearest_name(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[recipe]\ntree_cuont = 10\n")

    with pytest.raises(InputError, match=r"recipe\.tree_count"):
        load_settings(config_files=[str(config)], environment={})


@pytest.mark.parametrize(
    "line", ["seed = -1", 'seed = "many"', "[recipe]\ntree_count = 0", "[decision]\nbands = 3"]
)
def test_value_out_of_range_is_refused(tmp_path, line):
    config = tmp_path / "config.toml"
    config.write_text(line + "\n")

    with pytest.raises(InputError):
        load_settings(config_files=[str(config)], environment={})


@pytest.mark.parametrize("content", [b"seed = ", b"\xff\xfe", None])
def test_file_that_is_missing_or_no_toml_is_refused(tmp_path, content):
    config = tmp_path / "config.toml"
    if content is not None:
        config.write_bytes(content)

    with pytest.raises(InputError, match=r"config\.toml"):
        load_settings(config_files=[str(config)], environment={})


def test_the_large_forest_of_config_is_the_one_that_the_code_names():
    from credit_default.model.estimator.recipe_pipeline import FULL_RECIPE

    assert (
        load_settings(
            config_files=[str(CONFIG / "full-forest.toml")], environment={}
        ).settings.recipe
        == FULL_RECIPE
    )


def test_every_file_in_config_is_read_without_complaint():
    for path in sorted(CONFIG.glob("*.toml")):
        load_settings(config_files=[str(path)], environment={})


def test_addresses_of_people_are_in_force_and_never_shown():
    addresses = "json://me:secret-word@127.0.0.1/hook  slack://token-a/token-b"

    loaded = load_settings(environment={"CREDIT_DEFAULT_NOTIFY__URLS": addresses})

    assert loaded.settings.notify.addresses == (
        "json://me:secret-word@127.0.0.1/hook",
        "slack://token-a/token-b",
    )
    assert origin_of(loaded, "notify.urls").value == "***"
    assert "secret-word" not in repr(loaded.settings)
    assert load_settings(environment={}).settings.notify.addresses == ()


def test_addresses_that_are_no_text_are_refused_without_being_shown(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[notify]\nurls = ["json://me:secret-word@127.0.0.1/hook"]\n')

    with pytest.raises(InputError, match=r"setting notify\.urls") as refused:
        load_settings(config_files=[str(config)], environment={})

    assert "secret-word" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "overrides",
    [
        {"notify": {"urls": "json://hook/hunter2"}},
        {"stack": {"database": "postgresql://db"}},
        {"mlflow": {"tracking_uri": "http://reader:hunter2@mlflow:5000"}},
        {"prefect": {"api_url": "http://reader:hunter2@prefect/api"}},
    ],
)
def test_secret_is_no_parameter_of_a_flow(overrides):
    with pytest.raises(InputError, match="a secret among the flow's parameters") as refusal:
        require_no_secrets(overrides)

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    "overrides",
    [
        {"estimators": {"trusted": ["evil-package"]}},
        {"signing": {"trusted_keys": []}},
        {"signing": {"required": False}},
    ],
)
def test_whom_to_trust_is_no_parameter_of_a_flow(overrides):
    with pytest.raises(InputError, match="whom to trust among the flow's parameters"):
        require_no_secrets(overrides)


def test_the_parameters_of_an_own_estimator_are_one_setting(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        '[recipe]\nfamily = "acme-credit:logit"\nparameters = { strength = 0.5, layers = [8, 4] }\n'
    )

    loaded = load_settings(config_files=[str(path)], environment={})

    (origin,) = [one for one in loaded.origins if one.name == "recipe.parameters"]
    assert origin.value == {"strength": 0.5, "layers": [8, 4]}
    assert origin.origin == f"file {path}"
    assert Settings.model_validate_json(loaded.settings.model_dump_json()) == loaded.settings


def test_whom_to_trust_may_be_set_by_variables():
    settings = load_settings(
        environment={
            "CREDIT_DEFAULT_ESTIMATORS__TRUSTED": '["acme-credit"]',
            "CREDIT_DEFAULT_SIGNING__TRUSTED_KEYS": '["lender.pub"]',
        }
    ).settings

    assert settings.estimators.trusted == ("acme-credit",)
    assert settings.signing.trusted_keys == ("lender.pub",)


def test_the_source_of_an_own_estimator_is_no_setting():
    with pytest.raises(InputError, match="a key that nothing reads"):
        load_settings({"recipe": {"source": {"package": "x"}}}, environment={})


def test_what_is_no_secret_may_be_a_parameter():
    require_no_secrets(
        {
            "lake": "./lake",
            "notify": {"urls": ""},
            "mlflow": {"tracking_uri": "http://mlflow:5000"},
            "jobs": 2,
        }
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"MLFLOW_TRACKING_URI": "./mlruns"}, "environment variable MLFLOW_TRACKING_URI"),
        (
            {
                "MLFLOW_TRACKING_URI": "http://a",
                "CREDIT_DEFAULT_MLFLOW__TRACKING_URI": "databricks",
            },
            "environment variable CREDIT_DEFAULT_MLFLOW__TRACKING_URI",
        ),
        ({"PREFECT_API_URL": "ephemeral"}, "environment variable PREFECT_API_URL"),
        ({"PREFECT_API_URL": "http://127.0.0.1:4200"}, "environment variable PREFECT_API_URL"),
    ],
)
def test_wrong_address_is_named_by_the_variable_that_was_set(environment, named):
    with pytest.raises(SetupError, match=re.escape(f"({named})")):
        load_settings(environment=environment)


def test_wrong_address_is_named_by_the_file_or_the_flag_that_has_it(tmp_path):
    config = tmp_path / "c.toml"
    config.write_text('[mlflow]\ntracking_uri = "file:///mlruns"\n')

    with pytest.raises(SetupError, match=r"setting mlflow\.tracking_uri \(file .*c\.toml\)"):
        load_settings(config_files=[str(config)], environment={})
    with pytest.raises(SetupError, match=r"setting prefect\.api_url \(flag\)"):
        load_settings({"prefect": {"api_url": "http:/prefect/api"}}, environment={})


def test_wrong_address_is_refused_without_showing_its_credentials():
    with pytest.raises(SetupError) as refused:
        load_settings(environment={"MLFLOW_TRACKING_URI": "htp://me:secret-word@mlflow:5000"})

    assert "secret-word" not in str(refused.value)


@pytest.mark.parametrize("flags", [{}, {"recipe": {"tree_count": 50}}])
def test_a_leaf_that_nobody_set_follows_the_datas_size_and_the_list_says_so(flags):
    loaded = load_settings(flags, environment={})

    shown = {one.name: one.value for one in loaded.origins}
    assert shown["recipe.leaf_row_count"] == "by the data's size, 40 from about 24,000 rows on"
    assert loaded.settings.find_recipe(800, default_count=240).recipe.leaf_row_count == 11


@pytest.mark.parametrize(
    "flags", [{"recipe": {"leaf_row_count": 40}}, {"sized_parameters": []}], ids=["leaf", "none"]
)
def test_a_leaf_that_somebody_set_is_as_it_was_set(flags):
    loaded = load_settings(flags, environment={})

    shown = {one.name: one.value for one in loaded.origins}
    assert shown["recipe.leaf_row_count"] == 40
    assert loaded.settings.find_recipe(800, default_count=240).recipe.leaf_row_count == 40


@pytest.mark.parametrize(
    ("recipe", "leaves"),
    [
        ({"family": "blend"}, [11, 11]),
        ({"family": "blend", "members": ["forest", "boosting"], "weights": [1, 1]}, [11, 11]),
        (
            {
                "family": "blend",
                "members": [{"family": "forest", "leaf_row_count": 40}, "boosting"],
                "weights": [1, 1],
            },
            [40, 11],
        ),
    ],
    ids=["usual", "by name", "one set"],
)
def test_leaves_of_a_blends_members_follow_the_datas_size_where_nobody_set_them(recipe, leaves):
    settings = load_settings({"recipe": recipe}, environment={}).settings

    found = settings.find_recipe(800, default_count=240).recipe

    assert [member.leaf_row_count for member in found.members[:2]] == leaves
