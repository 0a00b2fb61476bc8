"""Who sits in the champion's seat: the contest that a challenger must win, chosen by what is new about it.

The first model has floors to clear. A new recipe is compared with the champion's by pooled out-of-fold predictions of
both, and confirmed on the test side; newer data under the same recipe is compared as frozen model against frozen model
on the newest matured rows that neither was trained on.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.contract import OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split
from credit_default.gates.contest import Contest
from credit_default.gates.promotion import judge_first, judge_recipe, judge_refresh
from credit_default.gates.verdict import Verdict
from credit_default.model.bundle import ModelBundle
from credit_default.model.digest import hash_keys
from credit_default.model.scoring import score_probability
from credit_default.services.origin import refuse_mixture
from credit_default.services.training import Challenger, cross_validate_recipe
from credit_default.services.wiring import Wiring


@dataclass(frozen=True, slots=True, eq=False)
class SeatHolder:
    """The champion at the time of the contest, and the version that it is."""

    bundle: ModelBundle
    number: int
    data_origin: str


def judge_challenger(wiring: Wiring, challenger: Challenger, sides: Split, *, champion: SeatHolder | None) -> Verdict:
    """The promotion gate's verdict on the challenger.

    Raises:
        InputError: the champion was trained on simulated clients and the challenger on real ones, or the reverse.
    """
    policy = wiring.settings.promotion
    if champion is None:
        return judge_first(challenger.evaluation, policy=policy)
    refuse_mixture(model_origin=champion.data_origin, batch_origin=challenger.data_origin, thing="training rows")
    if champion.bundle.digest == challenger.bundle.digest:
        reason = (
            f"the challenger is version {champion.number} again, digest {champion.bundle.digest[:12]}: nothing to judge"
        )
        return Verdict("promotion", "refused", (reason,))
    if _is_new_recipe(champion.bundle, challenger.bundle):
        return _contest_recipe(wiring, challenger, sides, champion)
    return _contest_refresh(wiring, challenger, sides, champion)


def select_newest(rows: pl.DataFrame, *, row_count: int) -> pl.DataFrame:
    """The rows of the newest months, as many months as it takes to have `row_count` of them, or all."""
    counts = rows.group_by(STATEMENT_MONTH).len().sort(STATEMENT_MONTH, descending=True)
    needed = counts.filter((pl.col("len").cum_sum() - pl.col("len")) < row_count)[STATEMENT_MONTH]
    return rows.filter(pl.col(STATEMENT_MONTH).is_in(needed.implode()))


def _is_new_recipe(old: ModelBundle, new: ModelBundle) -> bool:
    return old.recipe != new.recipe or old.features != new.features


def _contest_recipe(wiring: Wiring, challenger: Challenger, sides: Split, champion: SeatHolder) -> Verdict:
    rows = sides.development
    new = cross_validate_recipe(wiring, challenger.bundle.recipe, rows, seed=0)
    old = cross_validate_recipe(wiring, champion.bundle.recipe, rows, seed=0)
    old_test = score_probability(champion.bundle, sides.test)
    return judge_recipe(
        Contest(rows[OUTCOME].to_numpy(), old.default_probability, new.default_probability),
        Contest(challenger.test_defaulted, old_test, challenger.test_probability),
        decision_policy=wiring.settings.decision, policy=wiring.settings.promotion,
    )  # fmt: skip


def _contest_refresh(wiring: Wiring, challenger: Challenger, sides: Split, champion: SeatHolder) -> Verdict:
    seen = np.isin(hash_keys(sides.test), champion.bundle.trained_rows)
    unseen = sides.test.filter(pl.Series(~seen))
    rows = select_newest(unseen, row_count=wiring.settings.refresh.contest_row_count)
    old, new = (score_probability(bundle, rows) for bundle in (champion.bundle, challenger.bundle))
    return judge_refresh(
        Contest(rows[OUTCOME].to_numpy(), old, new),
        decision_policy=wiring.settings.decision, policy=wiring.settings.promotion,
    )  # fmt: skip
