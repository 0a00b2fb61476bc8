"""A made-up portfolio whose inputs are missing, special or categories, as checked rows hold them."""

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.features.declaration import parse_features

NO_FILE, UNUSABLE = -9.0, -8.0

SCHEMA = Schema(
    name="bureau-loans",
    version="1",
    columns=(
        Column("client_id", "identifier", "Who."),
        Column("statement_month", "month", "Month."),
        Column(
            "bureau_score",
            "integer",
            "Score of the bureau",
            minimum=300,
            maximum=850,
            special={NO_FILE: "no bureau file", UNUSABLE: "file not usable"},
        ),
        Column("debt_to_income", "percent", "Debt payments over income", optional=True),
        Column("income", "amount", "Stated income", minimum=0, optional=True),
        Column("loan_amount", "amount", "Amount lent", minimum=500),
        Column(
            "housing",
            "category",
            "Housing",
            values={"RENT": "rents", "OWN": "owns", "MORTGAGE": "pays a mortgage"},
            unseen="other",
        ),
        Column(
            "grade",
            "category",
            "Grade",
            values={"A": "grade A", "B": "grade B", "C": "grade C"},
            ordered=True,
            optional=True,
        ),
        Column("opened_on", "date", "First account opened", optional=True),
        Column("applied_on", "date", "Application"),
        Column("sex", "code", "Sex", codes={1: "male", 2: "female"}, protected=True, optional=True),
    ),
    outcome=Column("defaulted", "outcome", "Default.", codes={0: "no", 1: "yes"}),
)

FEATURES = parse_features(
    [
        {"name": "bureau_score", "function": "raw", "columns": ["bureau_score"]},
        {"name": "debt_to_income", "function": "raw", "columns": ["debt_to_income"]},
        {"name": "log_income", "function": "log", "columns": ["income"]},
        {
            "name": "loan_over_income",
            "function": "ratio",
            "columns": ["loan_amount", "income"],
            "arguments": {"maximum": 50},
        },
        {
            "name": "rents",
            "function": "one_hot",
            "columns": ["housing"],
            "arguments": {"value": 1},
        },
        {"name": "grade", "function": "raw", "columns": ["grade"]},
        {
            "name": "history_months",
            "function": "months_between",
            "columns": ["applied_on", "opened_on"],
        },
        {"name": "no_score", "function": "is_special", "columns": ["bureau_score"]},
        {"name": "income_not_stated", "function": "is_missing", "columns": ["income"]},
    ]
)


def lend(count: int, *, seed: int, month: str = "2005-09", prefix: str = "C") -> pl.DataFrame:
    """Return checked rows with outcomes; those without a bureau file or a stated ratio are riskier."""
    random = np.random.default_rng(seed)
    score = np.round(random.normal(650, 70, count).clip(300, 850))
    score[random.random(count) < 0.15] = NO_FILE
    score[random.random(count) < 0.03] = UNUSABLE
    ratio = random.gamma(4, 5, count).round(1)
    stated = random.random(count) > 0.2
    income = np.round(random.lognormal(8, 0.5, count), -1)
    housing = random.choice([0, 1, 2, 3], count, p=[0.05, 0.4, 0.2, 0.35])
    grade = random.choice([1, 2, 3], count)
    applied = random.integers(12_500, 13_000, count)
    opened = applied - random.integers(200, 9_000, count)
    log_odds = (
        -2.2
        + np.where(score < 0, 1.2, (650 - score) / 90)
        + np.where(stated, (ratio - 20) / 25, 0.9)
        + 0.5 * (housing == 1)
        + 0.3 * (grade - 2)
    )
    gone = {name: random.random(count) < 0.1 for name in ("income", "grade", "opened_on", "sex")}
    frame = pl.DataFrame(
        {
            "client_id": [f"{prefix}{number:06d}" for number in range(count)],
            "statement_month": [month] * count,
            "bureau_score": score.astype(np.int64),
            "debt_to_income": pl.Series(ratio).set(pl.Series(~stated), None),
            "income": income,
            "loan_amount": np.round(random.lognormal(8.5, 0.5, count).clip(500, None)),
            "housing": housing.astype(np.int64),
            "grade": grade.astype(np.int64),
            "opened_on": opened.astype(np.int64),
            "applied_on": applied.astype(np.int64),
            "sex": random.choice([1, 2], count).astype(np.int64),
            "defaulted": (random.random(count) < 1 / (1 + np.exp(-log_odds))).astype(np.int64),
        }
    )
    return frame.with_columns(
        pl.when(pl.Series(flags)).then(None).otherwise(pl.col(name)).alias(name)
        for name, flags in gone.items()
    )
