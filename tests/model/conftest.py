from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

SMALL = Recipe(tree_count=8, leaf_row_count=10, maximum_depth=5)

MakeRows = Callable[..., pl.DataFrame]


def make_rows(count: int = 400, *, seed: int = 1, prefix: str = "T") -> pl.DataFrame:
    """Made-up clients whose lateness and outcome hang on one hidden risk."""
    generator = np.random.default_rng(seed)
    risk = generator.normal(size=count)
    limit = generator.integers(1, 50, count) * 10_000.0
    columns: dict[str, object] = {
        "client_id": [f"{prefix}{number:05d}" for number in range(count)],
        "statement_month": ["2005-09"] * count,
        "credit_limit": limit,
        "sex": generator.integers(1, 3, count),
        "education": generator.integers(1, 5, count),
        "marriage": generator.integers(1, 4, count),
        "age": generator.integers(21, 70, count),
    }
    for month in range(1, 7):
        late = 2 * risk + generator.normal(size=count) > 1.5
        columns[f"repayment_status_m{month}"] = np.where(late, 2, generator.integers(-2, 1, count))
    for month in range(1, 7):
        columns[f"bill_amount_m{month}"] = np.round(limit * generator.uniform(-0.05, 1, count))
    for month in range(1, 7):
        columns[f"payment_amount_m{month}"] = np.round(limit * generator.uniform(0, 0.2, count))
    columns["defaulted"] = (generator.random(count) < 1 / (1 + np.exp(1.5 - 2 * risk))).astype(
        np.int64
    )
    return pl.DataFrame(columns).select(*CREDIT_CARD.names, "defaulted")


def fit_small(rows: pl.DataFrame, *, recipe: Recipe = SMALL, job_count: int = 1) -> ModelBundle:
    return fit(
        recipe,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=job_count,
        source_digests=("ab" * 32,),
    )


@pytest.fixture(name="make_rows", scope="session")
def make_rows_fixture() -> MakeRows:
    return make_rows


@pytest.fixture(name="fit_small", scope="session")
def fit_small_fixture() -> Callable[..., ModelBundle]:
    return fit_small


@pytest.fixture(scope="session")
def rows() -> pl.DataFrame:
    return make_rows()


@pytest.fixture(scope="session")
def bundle(rows: pl.DataFrame) -> ModelBundle:
    return fit_small(rows)
