"""A lender's own feature function and estimator, from a package of its own, are trained, scored elsewhere, and refused when they change."""

import json
import shutil

import polars as pl
import pytest
from tests.fakes.own_package import ESTIMATORS, FUNCTIONS, install_package
from tests.fakes.quick_training import write_as_toml
from tests.test_another_portfolio import FLOORS, cut_out_declaration, lend

from credit_default.adapters.bundles.signing_keys import make_key

pytestmark = pytest.mark.xdist_group("prefect")

QUICK = """
report = "drift"
jobs = 1
[promotion]
lowest_roc_auc = {lowest_roc_auc}
largest_first_level_error = {largest_first_level_error}
"""
OWN = """
  { name = "own_burden", function = "acme-credit:burden", columns = ["instalment_amount", "monthly_income"], arguments = { cap = 1.5 } },
]
"""
SIGNED = """
[recipe]
family = "acme-credit:logit"
parameters = {{ strength = 0.02 }}
[promotion]
lowest_calibration_slope = 0.2
{trusted}
[signing]
key = "{name}.pem"
trusted_keys = ["{public}"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A declaration with the function, files, and the package beside them."""
    folder = tmp_path_factory.mktemp("own")
    declaration = cut_out_declaration().rstrip().removesuffix("]")
    (folder / "loans.toml").write_text(declaration + OWN, encoding="utf-8")
    quick = QUICK.format(**FLOORS) + write_as_toml()
    (folder / "quick.toml").write_text(quick, encoding="utf-8")
    lend(1_500, month="2005-05", first=1, seed=4).write_csv(folder / "training.csv")
    for name, seed in (("batch", 2), ("later", 3)):
        lend(300, month="2005-06", first=5_000 * seed, seed=seed).drop("bad").write_csv(
            folder / f"{name}.csv"
        )
    install_package(folder / "packages")
    for name in ("lender", "stranger"):
        public = make_key(folder / f"{name}.pem")
        trusted = "" if name == "stranger" else '[estimators]\ntrusted = ["acme-credit"]\n'
        (folder / f"{name}.toml").write_text(
            SIGNED.format(trusted=trusted, name=name, public=public), encoding="utf-8"
        )
    return folder


@pytest.fixture(scope="module")
def run(folder, warm_commands, prefect_server, mlflow_template):
    """Runs a command in a process of its own, with the package on its path; returns exit code and output."""
    variables = {
        "PYTHONPATH": str(folder / "packages"),
        "CREDIT_DEFAULT_PREFECT__API_URL": prefect_server,
    }
    for lake in ("lake", "own-lake"):
        (folder / lake).mkdir()
        shutil.copy(mlflow_template, folder / lake / "mlflow.db")

    def run(*words, lake="lake"):
        words = [*words, "--config", "quick.toml", "--lake", lake]
        ended = warm_commands.run(words, folder=folder, variables=variables)
        return ended.returncode, ended.stderr + ended.stdout

    return run


@pytest.fixture(scope="module")
def trained(run):
    return run("train", "--portfolio", "loans.toml", "--data", "training.csv", "--quiet")


def test_a_model_with_an_own_feature_takes_the_seat_and_scores_in_another_process(trained, run):
    assert trained[0] == 0, trained[1]

    code, output = run("predict", "batch.csv", "--portfolio", "loans.toml", "--json")

    assert code == 0, output
    assert json.loads(output.splitlines()[-1])["counts"]["scored"] == 300


def test_its_scores_are_computed_again_to_the_last_bit(trained, run):
    run("predict", "batch.csv", "--portfolio", "loans.toml", "--quiet")

    code, output = run("verify", "--portfolio", "loans.toml")

    assert code == 0, output


@pytest.mark.parametrize(
    ("version", "code", "found"),
    [
        ("1.1", FUNCTIONS, "acme-credit 1.1"),
        ("1.0", FUNCTIONS.replace("cap=2.0", "cap=3.0"), "other code"),
    ],
)
def test_no_row_is_scored_when_the_package_is_another(trained, run, folder, version, code, found):
    install_package(folder / "packages", version=version, code=code)
    try:
        exit_code, output = run("predict", "later.csv", "--portfolio", "loans.toml")
    finally:
        install_package(folder / "packages")

    assert exit_code == 2
    assert found in output
    assert "Traceback" not in output
    assert "acme-credit 1.0" in " ".join(output.split())


@pytest.fixture(scope="module")
def use(run, folder):
    """Runs a command on the lake of the model with the lender's own estimator, by the lender's settings unless others are named."""

    def use(*words, config="lender.toml"):
        portfolio = [] if words[0] == "models" else ["--portfolio", "loans.toml"]
        return run(*words, *portfolio, "--config", config, lake="own-lake")

    return use


@pytest.fixture(scope="module")
def seated(use, folder):
    """The answer to `train`; the version is champion, and one batch is scored."""
    answer = use("train", "--data", "training.csv", "--json")
    scored = use("predict", "batch.csv", "--json")
    assert (answer[0], scored[0]) == (0, 0), answer[1] + scored[1]
    return answer


def find_bundles(folder):
    """Every copy of the stored bundle: in the registry, in the cache, pinned in the lake."""
    return sorted(path.parent for path in (folder / "own-lake").rglob("signature.json"))


def list_scores(folder):
    return pl.read_delta(str(folder / "own-lake" / "tables" / "scores"))


def test_an_own_estimator_takes_the_seat_and_scores_in_another_process(seated, folder):
    assert list_scores(folder).height == 300
    assert len(find_bundles(folder)) == 3


def test_its_scores_are_computed_again_to_the_last_bit_in_a_third_process(seated, use, folder):
    code, output = use("verify", list_scores(folder)["batch_id"][0])

    assert code == 0, output
    assert "every score was reproduced, to the last bit" in " ".join(output.split())


def test_its_reasons_are_explained_and_called_approximate(seated, use, folder):
    scores = list_scores(folder).filter(pl.col("decision") == "decline")

    code, output = use("explain", scores["batch_id"][0], scores["client_id"][0])

    words = " ".join(output.split())
    assert code == 0, output
    assert "approximate Shapley values, interventional, from 32 sampled orders" in words
    assert "the standard error of a contribution is at most" in words
    assert all(len(reasons) > 0 for reasons in scores["reasons"].to_list())


def test_its_card_names_package_version_and_code_and_says_that_reasons_are_approximate(seated, use):
    code, output = use("models", "show", "1")

    words = " ".join(output.split())
    assert code == 0, output
    assert "acme-credit:logit, version 1.0, code" in words
    assert "its reasons are approximate" in words
    assert "from approximate Shapley values" in words


@pytest.mark.parametrize(
    ("version", "code", "found"),
    [
        ("1.1", ESTIMATORS, "acme-credit 1.1"),
        ("1.0", ESTIMATORS.replace("share=0.01", "share=0.02"), "other code"),
        ("1.0", ESTIMATORS + '\n    print("it" + "ran")\n', "other code"),
    ],
    ids=["another version", "other code", "other code that runs when it is imported"],
)
def test_nothing_is_scored_when_the_estimators_package_is_another(
    seated, use, folder, version, code, found
):
    install_package(folder / "packages", version=version, estimators=code)
    try:
        exit_code, output = use("predict", "later.csv")
    finally:
        install_package(folder / "packages")

    assert exit_code == 2
    assert found in output
    assert "acme-credit 1.0" in " ".join(output.split())
    assert "Traceback" not in output
    assert "itran" not in output


@pytest.mark.parametrize("command", ["predict", "verify", "explain"])
def test_every_door_refuses_a_package_that_the_settings_do_not_list(seated, use, folder, command):
    (score,) = list_scores(folder).head(1).to_dicts()
    words = {
        "predict": ["later.csv"],
        "verify": [score["batch_id"]],
        "explain": [score["batch_id"], score["client_id"]],
    }

    code, output = use(command, *words[command], config="stranger.toml")

    assert code != 0
    assert "estimators.trusted does not list" in " ".join(output.split())
    assert "Traceback" not in output


def test_training_refuses_a_package_that_the_settings_do_not_list_before_it_is_imported(
    use, folder
):
    code, output = use("train", "--data", "training.csv", config="stranger.toml")

    assert code == 2
    assert "estimators.trusted does not list" in " ".join(output.split())


def test_training_refuses_a_key_inside_the_lake(seated, use, folder):
    make_key(folder / "own-lake" / "inside.pem")
    (folder / "inside.toml").write_text(
        (folder / "lender.toml")
        .read_text(encoding="utf-8")
        .replace("lender.pem", "own-lake/inside.pem"),
        encoding="utf-8",
    )

    code, output = use("train", "--data", "training.csv", config="inside.toml")

    assert code == 2
    assert "must not be able to sign" in " ".join(output.split())


def spoil_signature(folder):
    path = folder / "signature.json"
    content = json.loads(path.read_text())
    letter = "A" if content["signature"][0] != "A" else "B"
    path.write_text(json.dumps({**content, "signature": letter + content["signature"][1:]}))


def drop_signature(folder):
    (folder / "signature.json").unlink()


def flip_byte(folder):
    content = bytearray((folder / "pipeline.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "pipeline.skops").write_bytes(bytes(content))


@pytest.mark.parametrize("spoil", [spoil_signature, drop_signature, flip_byte])
@pytest.mark.nightly
def test_nothing_is_scored_when_the_signature_or_the_content_does_not_hold(
    seated, use, folder, spoil
):
    shutil.copytree(folder / "own-lake", folder / "kept")
    for bundle in find_bundles(folder):
        spoil(bundle)
    try:
        code, output = use("predict", "later.csv")
    finally:
        shutil.rmtree(folder / "own-lake")
        (folder / "kept").rename(folder / "own-lake")

    assert code == 3
    assert "Traceback" not in output
    assert "Do not load it by other means" in " ".join(output.split())


def test_a_signature_by_a_key_that_is_no_longer_trusted_scores_nothing(seated, use, folder):
    text = (folder / "lender.toml").read_text(encoding="utf-8")
    public = json.loads((find_bundles(folder)[0] / "signature.json").read_text())["key"]
    (folder / "revoked.toml").write_text(text.replace(f'"{public}"', ""), encoding="utf-8")

    code, output = use("predict", "later.csv", config="revoked.toml")

    assert code == 3
    assert "which names none" in " ".join(output.split())


def test_tune_refuses_an_estimator_whose_parameters_it_does_not_know(seated, use):
    code, output = use("tune", "--data", "training.csv", "--trials", "2")

    assert code == 2
    assert "acme-credit:logit" in output


@pytest.mark.nightly
def test_a_model_of_the_changed_package_is_trained_and_seated_by_a_person(seated, run, folder):
    shutil.copytree(folder / "own-lake", folder / "next-lake")
    words = ("--portfolio", "loans.toml", "--config", "lender.toml")
    install_package(folder / "packages", version="2.0")
    try:
        trained = run("train", "--data", "training.csv", *words, lake="next-lake")
        promoted = run(
            *("models", "promote", "2", "--reason", "package 2.0", "--config", "lender.toml"),
            lake="next-lake",
        )
        scored = run("predict", "later.csv", *words, lake="next-lake")
    finally:
        install_package(folder / "packages")

    text = " ".join(trained[1].split())
    assert trained[0] == 0, trained[1]
    assert "version 1 cannot be loaded here (found acme-credit 2.0)" in text
    assert (promoted[0], scored[0]) == (0, 0), promoted[1] + scored[1]
