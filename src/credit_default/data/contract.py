"""What a portfolio's schema is: columns, what each may hold and means, and rules across columns.

`data/schema.py` declares the credit-card portfolio in these words; `parse_schema` reads any other one from a mapping
(a TOML file, say), so that another portfolio needs no change of code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["identifier", "month", "code", "integer", "amount", "outcome"]
DriftMethod = Literal["psi", "jensenshannon", "wasserstein", "ks", "chisquare"]

CLIENT_ID = "client_id"
STATEMENT_MONTH = "statement_month"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name here, the names it goes by elsewhere, what it may hold and what that means."""

    name: str
    kind: Kind
    description: str
    aliases: tuple[str, ...] = ()
    minimum: float | None = None  # inclusive
    maximum: float | None = None  # inclusive
    codes: Mapping[int, str] = field(default_factory=dict)  # permitted codes and what each means
    protected: bool = False  # stays in the lake for fairness, never a model input by default
    drift_method: DriftMethod = "psi"
    drift_threshold: float = 0.1


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across columns: a Polars SQL expression that is true for a good row."""

    name: str
    expression: str
    description: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A portfolio's contract. Every portfolio's key is (client_id, statement_month); its outcome is one 0/1 column."""

    name: str
    version: str
    columns: tuple[Column, ...]  # key first, then inputs; without the outcome
    outcome: Column
    rules: tuple[Rule, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every column's name in order, without the outcome."""
        return tuple(column.name for column in self.columns)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that are neither key nor outcome, in order."""
        return tuple(c for c in self.columns if c.kind not in {"identifier", "month"})

    @property
    def protected(self) -> tuple[str, ...]:
        """Names of the protected attributes."""
        return tuple(c.name for c in self.inputs if c.protected)
