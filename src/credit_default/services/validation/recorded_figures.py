"""Read what the lake has on record of a version's use: decisions that people changed, and how past promotions turned out."""

import datetime as dt
import json
from collections.abc import Iterator

from credit_default.adapters.mlflow.run_search import read_run_text
from credit_default.gates.shadow.backtest import PromotionBacktest
from credit_default.gates.validation.given_figures import OverrideCounts, PromotionOutcome
from credit_default.model.estimator.decision import ACCEPT
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95
from credit_default.services.assessment.stored_card import EVIDENCE_FILE
from credit_default.services.comparison.backtests import backtest_promotions
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.override_outcomes import count_scored, measure_overrides


def count_overrides(wiring: Wiring, *, version: int, now: dt.datetime) -> OverrideCounts | None:
    """Return how many decisions of the version people changed, and how those that they approved turned out.

    None where the version has scored nothing.
    """
    decision_count = count_scored(wiring, None).get(version, 0)
    if not decision_count:
        return None
    rows = [row for row in measure_overrides(wiring, now=now) if row.model_version == version]
    approved = next((row for row in rows if row.decision == ACCEPT), None)
    declined_count = sum(row.count for row in rows if row.decision != ACCEPT)
    if approved is None:
        return OverrideCounts(decision_count, 0, declined_count)
    return OverrideCounts(
        decision_count,
        approved.count,
        declined_count,
        known_count=approved.known_count,
        default_count=approved.default_count,
        expected_default_count=approved.expected_default_count,
    )


def list_promotion_outcomes(wiring: Wiring, *, now: dt.datetime) -> Iterator[PromotionOutcome]:
    """Yield every past promotion that has enough outcomes after it, the oldest first."""
    for backtest in backtest_promotions(wiring, now=now):
        gain = backtest.differences.get("log_loss")
        if gain is None or backtest.verdict.level == "not judged":
            continue
        months = ", ".join(dict.fromkeys((backtest.months[0], backtest.months[-1])))
        yield PromotionOutcome(
            f"version {backtest.new_version}, {months}",
            _read_promised_gain(wiring, backtest),
            gain.gain,
            (gain.high - gain.low) / (2 * NORMAL_QUANTILE_95),
        )


def _read_promised_gain(wiring: Wiring, backtest: PromotionBacktest) -> float | None:
    """Return the gain in log loss that the gate showed when the version was trained; None where it showed none."""
    run_id = wiring.registry.find_version(backtest.new_version).run_id
    text = read_run_text(wiring.tracking, run_id, EVIDENCE_FILE)
    verdict = json.loads(text).get("verdict") if text else None
    gain = (verdict or {}).get("figures", {}).get("log_loss_gain")
    return None if gain is None else float(gain)
