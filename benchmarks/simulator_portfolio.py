"""The public file as the simulator sees accounts, and the steps its clients take from month to month."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.tables import (
    FIRST_OWING_GROUP,
    FULL,
    HABIT_GROUP,
    NOT_DUE,
    PART,
    UNPAID,
    find_spending_group,
    find_utilisation_band,
)

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The public file as arrays; statuses by their index, months along the second axis with the latest first."""

    accounts: Accounts
    status: Array
    bill: Array
    payment: Array
    defaulted: Array

    @property
    def limit(self) -> Array:
        """Return the limits in NT dollars."""
        return self.accounts.limit

    @property
    def group(self) -> Array:
        """Return the limit group of each client."""
        return self.accounts.limit_group


def read_portfolio(path: str) -> Portfolio:
    """Read the public file as the simulation represents accounts."""
    frame = pl.read_csv(path, infer_schema_length=None)
    column = {name: frame[name].to_numpy() for name in frame.columns}
    status = np.stack([column[f"PAY_{i}"].astype(int) + 2 for i in (0, 2, 3, 4, 5, 6)], axis=1)
    bill = np.stack([column[f"BILL_AMT{i}"] for i in range(1, 7)], axis=1).astype(np.float32)
    payment = np.stack([column[f"PAY_AMT{i}"] for i in range(1, 7)], axis=1).astype(np.float32)
    limit = column["LIMIT_BAL"].astype(np.float32)
    edges = np.quantile(limit, [0.2, 0.4, 0.6, 0.8]).astype(np.float32)
    nothing = np.zeros(len(limit), dtype=np.float32)
    accounts = Accounts(
        slot=np.arange(len(limit)),
        generation=np.ones(len(limit), dtype=np.intp),
        limit=limit,
        limit_group=np.searchsorted(edges, limit, side="left"),
        sex=column["SEX"],
        education=column["EDUCATION"],
        marriage=column["MARRIAGE"],
        age=column["AGE"].astype(np.float32),
        payment_habit=nothing,
        spending_habit=nothing,
        statuses=tuple(status.T),
        latest_status=status[:, 0],
        band=find_utilisation_band(bill[:, 0], limit),
        bills=tuple(bill.T),
        payments=tuple(payment.T),
        outcome_score=nothing,
    )
    return Portfolio(
        accounts, status, bill, payment, column["default.payment.next.month"].astype(int)
    )


@dataclass(frozen=True, slots=True)
class Steps:
    """The five steps between months, pooled: entry (row, i) leads from month i + 1 to month i."""

    latest: Array  # status place in month i + 1
    habit: Array
    bill: Array  # of month i + 1
    new_bill: Array
    payment: Array
    limit: Array
    group: Array
    bill_class: Array
    bill_band: Array
    month: Array  # i
    spending: Array  # spending group
    drawn: Array  # what is drawn to make the new bill


def lay_out_steps(real: Portfolio, bill_edges: Array) -> Steps:
    """Return every step of every client, flattened client by client."""
    latest, bill, payment = (
        real.status[:, 1:].ravel(),
        real.bill[:, 1:].ravel(),
        real.payment[:, :5].ravel(),
    )
    new_bill = real.bill[:, :5].ravel()
    bill_class = np.where(payment <= 0, UNPAID, np.where(payment >= bill, FULL, PART))
    bill_class = np.where(bill <= 0, NOT_DUE, bill_class)
    spending = find_spending_group(bill_class, HABIT_GROUP[latest])
    charged = (new_bill - bill + payment) / np.repeat(real.limit, 5)
    return Steps(
        latest=latest,
        habit=HABIT_GROUP[latest],
        bill=bill,
        new_bill=new_bill,
        payment=payment,
        limit=np.repeat(real.limit, 5),
        group=np.repeat(real.group, 5),
        bill_class=bill_class,
        bill_band=np.searchsorted(bill_edges.astype(np.float32), bill, side="right"),
        month=np.tile(np.arange(5), len(real.limit)),
        spending=spending,
        drawn=np.where(spending >= FIRST_OWING_GROUP, charged, new_bill),
    )
