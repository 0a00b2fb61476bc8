"""Every function that names values, orders them, is an expression or learns goes the whole way, each command in its own process."""

import json
import shutil
import tomllib

import numpy as np
import polars as pl
import pytest
from tests.fakes.quick_training import write_as_toml
from tests.test_another_portfolio import FLOORS

from credit_default.services.context.wiring import read_portfolio

pytestmark = pytest.mark.xdist_group("prefect")

PORTFOLIO = """
features = [
  { name = "home", function = "one_hot", columns = ["home"] },
  { name = "for_debts", function = "one_hot", columns = ["purpose"], arguments = { value = "debts" } },
  { name = "no_file", function = "one_hot", columns = ["score"], arguments = { value = "no bureau file" } },
  { name = "grade_place", function = "ordinal", columns = ["grade"] },
  { name = "home_place", function = "ordinal", columns = ["home"], arguments = { order = ["OWN", "PARENTS", "RENT"] } },
  { name = "city_woe", function = "woe", columns = ["city"], arguments = { strength = 10 } },
  { name = "purpose_rate", function = "target_mean", columns = ["purpose"] },
  { name = "loan_years", function = "months_between", columns = ["ends_on", "starts_on"], kept = false },
  { name = "monthly_burden", expression = "CASE WHEN loan_years > 0 THEN amount / loan_years / income ELSE 0 END" },
  { name = "burden_above_half", expression = "monthly_burden > 0.5" },
]

[schema]
name = "small-loans"
version = "1"
key = { client = "loan" }
columns = [
  { name = "home", kind = "category", description = "Home", values = { RENT = "rents", OWN = "owns", PARENTS = "lives with parents" }, unseen = "other" },
  { name = "grade", kind = "category", description = "Grade", values = ["A", "B", "C"], ordered = true, optional = true },
  { name = "city", kind = "category", description = "City", values = ["Aville", "Beburg", "Ceford", "Deham", "Eton", "Effing"], optional = true },
  { name = "purpose", kind = "code", description = "What for", codes = { 1 = "car", 2 = "home", 7 = "debts" } },
  { name = "score", kind = "integer", description = "Score", special = { "-9" = "no bureau file" } },
  { name = "amount", kind = "amount", description = "Amount" },
  { name = "income", kind = "amount", description = "Income", optional = true },
  { name = "starts_on", kind = "date", description = "Start" },
  { name = "ends_on", kind = "date", description = "End" },
]
outcome = { description = "Charged off.", aliases = ["state"], bad = ["lost"], good = ["paid"] }

[recipe]
tree_count = 20
leaf_row_count = 15
"""
QUICK = """
report = "drift"
jobs = 1
[promotion]
lowest_roc_auc = {lowest_roc_auc}
largest_first_level_error = {largest_first_level_error}
highest_calibration_slope = 4.0
"""
CITIES = ["Aville", "Beburg", "Ceford", "Deham", "Eton", "Effing", ""]


def lend(count, *, month, first, seed):
    """Loans as a file has them; Effing, rents, debts and a burden are risky, and so is an absent file."""
    random = np.random.default_rng(seed)
    city, home = (
        random.choice(CITIES, count),
        random.choice(["RENT", "OWN", "PARENTS", "BOAT"], count),
    )
    purpose, grade = random.choice([1, 2, 7], count), random.choice(["A", "B", "C", ""], count)
    amount, income = random.lognormal(8, 0.5, count), random.lognormal(7.5, 0.4, count)
    months = random.choice([0, 12, 24, 48], count)
    score = np.where(random.random(count) < 0.15, -9, random.integers(300, 850, count))
    burden = np.where(months > 0, amount / np.maximum(months, 1) / income, 0)
    risk = 1.2 * (city == "Effing") + 0.9 * (home == "RENT") + 1.1 * (purpose == 7)
    risk += 1.3 * (score == -9) + 4 * burden + 0.6 * (grade == "C") - 2.2
    bad = random.random(count) < 1 / (1 + np.exp(-risk))
    stated = random.random(count) > 0.1
    return pl.DataFrame(
        {
            "loan": [f"L{number}" for number in range(first, first + count)],
            "statement_month": month,
            "home": home,
            "grade": grade,
            "city": city,
            "purpose": purpose,
            "score": score,
            "amount": amount.round(2),
            "income": [
                f"{value:.2f}" if known else "" for value, known in zip(income, stated, strict=True)
            ],
            "starts_on": ["2004-02-29"] * count,
            "ends_on": [f"{2004 + m // 12}-02-28" if m else "2004-02-29" for m in months.tolist()],
            "state": np.where(bad, "lost", "paid"),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("functions")
    (folder / "loans.toml").write_text(PORTFOLIO, encoding="utf-8")
    quick = QUICK.format(**FLOORS) + write_as_toml()
    (folder / "quick.toml").write_text(quick, encoding="utf-8")
    lend(2_500, month="2005-05", first=1, seed=4).write_csv(folder / "training.csv")
    new = lend(300, month="2005-06", first=5_000, seed=2).drop("state")
    new.write_csv(folder / "batch.csv")
    return folder


@pytest.fixture(scope="module")
def run(folder, warm_commands, prefect_server, mlflow_template):
    """Runs a command in a process of its own; returns its output, once it has ended well."""
    (folder / "lake").mkdir()
    shutil.copy(mlflow_template, folder / "lake" / "mlflow.db")

    def run(*words):
        flags = ["--portfolio", "loans.toml", "--config", "quick.toml", "--lake", "lake"]
        variables = {"CREDIT_DEFAULT_PREFECT__API_URL": prefect_server}
        ended = warm_commands.run([*words, *flags], folder=folder, variables=variables)
        assert ended.returncode == 0, ended.stderr + ended.stdout
        return ended.stdout

    return run


@pytest.fixture(scope="module")
def scored(run):
    run("train", "--data", "training.csv", "--quiet")
    return json.loads(run("predict", "batch.csv", "--json").splitlines()[-1])


def test_a_declaration_names_every_function_of_values_of_orders_of_learning_and_by_expression():
    declared = tomllib.loads(PORTFOLIO)["features"]

    named = {item.get("function", "expression") for item in declared}

    assert named == {"one_hot", "ordinal", "woe", "target_mean", "months_between", "expression"}


def test_one_hot_without_a_value_names_each_value_of_the_file(folder):
    features = read_portfolio(str(folder / "loans.toml")).features

    names = [feature.name for feature in features]
    assert names[:4] == ["home_RENT", "home_OWN", "home_PARENTS", "home_other"]


@pytest.mark.nightly
def test_a_model_with_all_of_them_takes_the_seat_and_scores_in_another_process(scored):
    assert scored["counts"]["scored"] == 300


def test_its_scores_are_computed_again_to_the_last_bit(scored, run):
    run("verify")


def test_its_reasons_name_values_by_their_meaning_and_a_client_is_explained(scored, run, folder):
    scores = pl.read_delta(str(folder / "lake" / "tables" / "scores"))
    declined = scores.filter(pl.col("decision") == "decline")
    reasons = set(declined["reasons"].explode().drop_nulls().to_list())

    output = run("explain", scored["batch_id"], declined["client_id"][0])

    assert {"City (City): Effing", "Home (Home): rents", "Purpose (What for): debts"} <= reasons
    assert "Score (Score): no bureau file" in reasons
    assert any(text.startswith("Monthly burden (") for text in reasons)
    assert not any("woe" in text.casefold() or "rate" in text.casefold() for text in reasons)
    assert declined["reasons"][0][0] in " ".join(output.split())
