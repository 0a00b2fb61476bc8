"""Rows with a category of many values that says nothing about the outcome, and perhaps a number that does."""

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.features.declaration import parse_features
from credit_default.model.features.resolution import resolve_features

CITY_COUNT = 400

SCHEMA = Schema(
    name="noisy-categories",
    version="1",
    columns=(
        Column("client_id", "identifier", "Who."),
        Column("statement_month", "month", "Month."),
        Column(
            "city",
            "category",
            "City",
            values={f"city {number}": f"city {number}" for number in range(1, CITY_COUNT + 1)},
            unseen="other",
            optional=True,
        ),
        Column("noise", "amount", "Noise"),
        Column("debt", "amount", "Debt"),
    ),
    outcome=Column("defaulted", "outcome", "Default.", codes={0: "no", 1: "yes"}),
)


def declare(*items):
    """The features that these tables declare."""
    return parse_features(resolve_features(items, schema=SCHEMA))


def draw_rows(count: int, *, seed: int, effect: float = 0.0, prefix: str = "C") -> pl.DataFrame:
    """Return checked rows with outcomes; a debt that is higher by one raises the log odds by the effect."""
    random = np.random.default_rng(seed)
    debt = random.normal(size=count)
    probability = 1 / (1 + np.exp(1.1 - effect * debt))
    return pl.DataFrame(
        {
            "client_id": [f"{prefix}{number:06d}" for number in range(count)],
            "statement_month": ["2005-09"] * count,
            "city": random.integers(1, CITY_COUNT + 1, count),
            "noise": random.normal(size=count),
            "debt": debt,
            "defaulted": (random.random(count) < probability).astype(np.int64),
        }
    )
