"""Clients whose outcomes and scores are known to be fair, or planted not to be."""

import numpy as np
import polars as pl

from credit_default.data.contract.schema_parsing import parse_schema


class People:
    """Clients of two sexes and many ages, whose outcomes and scores are known to be fair, or planted not to be."""

    def __init__(self) -> None:
        plain = {"description": "x", "protected": True}
        columns = [
            {"name": "sex", "kind": "code", "codes": {"1": "male", "2": "female"}, **plain},
            {"name": "age", "kind": "integer", **plain},
        ]
        self.schema = parse_schema(
            {"name": "people", "version": "1", "columns": columns, "outcome": {"description": "x"}}
        )

    def make(self, count: int, *, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
        """Rows whose risk has nothing to do with sex or age, and the probability of each, which is right."""
        generator = np.random.default_rng(seed)
        probability = generator.beta(1, 4, count)
        columns = {"sex": generator.integers(1, 3, count), "age": generator.integers(21, 70, count)}
        columns["defaulted"] = (generator.random(count) < probability).astype(np.int64)
        return pl.DataFrame(columns), probability

    def mistreat(
        self, rows: pl.DataFrame, probability: np.ndarray, *, by: float = 0.15
    ) -> np.ndarray:
        """Probabilities that are too high by so much for every woman: more are declined, for nothing."""
        return np.where(rows["sex"].to_numpy() == 2, np.minimum(probability + by, 1.0), probability)
