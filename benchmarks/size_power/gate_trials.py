"""Trials of the gates and their alarms: one draw of a situation, and whether the gate says what it should not."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import out_of_fold_gate
import polars as pl
from scipy.optimize import brentq
from scipy.special import expit, logit

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.data.simulation.scenarios import SCENARIO_CONDITIONS, Scenario
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.monitoring.fairness_drift import judge_fairness_drift
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.gates.monitoring.label_free_estimate import judge_estimate
from credit_default.gates.monitoring.performance import judge_performance
from credit_default.gates.monitoring.volume import Delivery, judge_volume
from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.gates.promotion.level_check import ScoredRows
from credit_default.gates.promotion.promotion_verdict import judge_refresh
from credit_default.gates.quality import FileCounts, judge_quality
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.decision import DecisionPolicy, decide
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.fairness.acceptance_counts import GroupAcceptance
from credit_default.model.months.label_free_estimates import estimate_performance
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile
from credit_default.model.profile.shift_attribution import measure_score_shift
from credit_default.model.statistics.auc_placements import RocAuc
from size_power import few_values, leaks
from size_power.ties import NOISES, TIES, draw_better, draw_tie
from size_power.worlds import MEAN, SPREAD

COSTS: Final = DecisionPolicy()
ROWS, REFERENCE_ROWS, POOL_CLIENTS, POOL_SEED = 2_000, 6_000, 20_000, 7
RIGHT: Final = "nothing is wrong"


@dataclass(frozen=True)
class Trial:
    """A gate in a situation.

    Attributes:
        gate: The gate and what counts as ringing.
        situation: What is true in it.
        size: The most that it may ring where nothing is wrong, in percent; None where something is.
        draw: Returns whether it rang in one draw; None where it was not judged.
        is_slow: Whether fewer draws are made of it.
        section: Where the page shows it: `gates`, `leaks` or `small-files`.
    """

    gate: str
    situation: str
    size: float | None
    draw: Callable[[np.random.Generator], bool | None]
    is_slow: bool = False
    section: str = "gates"


def _rang(verdict: Verdict, *levels: str) -> bool | None:
    return None if verdict.level == "not judged" else verdict.level in levels


def list_promotion() -> list[Trial]:
    """Return the trials of the promotion gate: ties that must not pass, and what is better."""

    def judge(kind: str, row_count: int) -> Callable[[np.random.Generator], bool | None]:
        return lambda generator: (
            judge_refresh(draw_tie(generator, kind, row_count), decision_policy=COSTS).level == "ok"
        )

    def better(noise: float) -> Callable[[np.random.Generator], bool | None]:
        return lambda generator: (
            judge_refresh(draw_better(generator, noise, 6_000), decision_policy=COSTS).level == "ok"
        )

    gate = "promotion: promoted"
    ties = [
        Trial(
            gate,
            f"tie of {kind}, {row_count:,} rows",
            1.0,
            judge(kind, row_count),
            row_count > ROWS,
        )
        for row_count in (2_000, 6_000)
        for kind in TIES
    ]
    wins = [
        Trial(gate, f"champion with noise of {noise:g}, 6,000 rows", None, better(noise))
        for noise in NOISES
    ]
    return ties + wins


def _draw_rows(
    generator: np.random.Generator,
    *,
    level: float = 0.0,
    spread: float = SPREAD,
    lost: float = 0.0,
    month_effect: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and probabilities; `level` is that of the true log odds over the score's."""
    odds = MEAN + spread * generator.normal(size=ROWS)
    true = odds + level + month_effect * generator.normal()
    mixed = generator.random(ROWS) < lost
    odds[mixed] = generator.permutation(odds[mixed])
    return (generator.random(ROWS) < expit(true)).astype(np.int64), expit(odds)


def _evaluate(defaulted: np.ndarray, probability: np.ndarray) -> Evaluation:
    return evaluate(defaulted, probability, policy=COSTS, seed=1, resample_count=200)


@cache
def find_spread(roc_auc: float) -> float:
    """Return the spread of right log odds that gives a ROC AUC."""
    points = MEAN + np.linspace(-8, 8, 4_001)[:, None] * np.ones(1)

    def measure(spread: float) -> float:
        density = np.exp(-(((points[:, 0] - MEAN) / spread) ** 2) / 2)
        of_default, of_payer = density * expit(points[:, 0]), density * expit(-points[:, 0])
        below = np.cumsum(of_payer) - of_payer / 2
        return float((of_default * below).sum() / (of_default.sum() * of_payer.sum()))

    return float(brentq(lambda spread: measure(spread) - roc_auc, 0.2, 3.0))


def list_first_model() -> list[Trial]:
    """Return the trials of the gate of a first model."""

    def judge(**world: float) -> Callable[[np.random.Generator], bool | None]:
        def draw(generator: np.random.Generator) -> bool | None:
            rows = _draw_rows(generator, **world)
            return judge_first_model(_evaluate(*rows), ScoredRows(*rows)).level == "ok"

        return draw

    gate = "first model: passed"
    too_many, too_few = (-0.55, 0.70)
    return [
        Trial(gate, "ROC AUC exactly at the floor of .70", 2.5, judge(spread=find_spread(0.70))),
        Trial(gate, "53 % too many defaults expected", 5.0, judge(level=too_many)),
        Trial(gate, "42 % too few defaults expected", 5.0, judge(level=too_few)),
        Trial(gate, "right model, ROC AUC .77", None, judge()),
    ]


def list_performance() -> list[Trial]:
    """Return the trials of the performance gate, on months of 2,000 rows."""

    def judge(**world: float) -> Callable[[np.random.Generator], bool | None]:
        def draw(generator: np.random.Generator) -> bool | None:
            evaluation = _evaluate(*_draw_rows(generator, **world))
            test = ReferencePerformance(RocAuc(0.7676, 0.0066))
            return _rang(judge_performance(evaluation, reference=test), "alarm")

        return draw

    gate = "performance: alarm"
    effects = (0.0, 0.12)
    return [
        *(
            Trial(gate, f"{RIGHT}, month effects of {e:g}", 1.0, judge(month_effect=e))
            for e in effects
        ),
        *(
            Trial(gate, f"level {level:+.1f} log odds", None, judge(level=level))
            for level in (0.2, 0.4, 0.6)
        ),
        *(
            Trial(gate, f"ranking of {lost:.0%} of the rows lost", None, judge(lost=lost))
            for lost in (0.1, 0.25, 0.5)
        ),
    ]


@cache
def draw_pool(name: str, strength: int) -> pl.DataFrame:
    """Return a month of the simulator's, in a scenario, with score and decision of the calm model."""
    scenario = Scenario(name, start=0, strength=strength)
    month = next(
        simulate(client_count=POOL_CLIENTS, month_count=1, seed=POOL_SEED, scenario=scenario)
    )
    shift = SCENARIO_CONDITIONS[name][strength - 1].risk_shift
    key = ["client_id", "statement_month"]
    rows = month.statements.join(month.outcomes, on=key, how="left", maintain_order="left")
    score = expit(logit(rows["true_probability"].to_numpy()) - shift)
    decision = decide(score, COSTS).tolist()
    return rows.with_columns(
        pl.Series("default_probability", score), pl.Series("decision", decision)
    )


def _draw_batch(
    generator: np.random.Generator, name: str, strength: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a reference and a batch of other clients, who are in the scenario."""
    order = generator.permutation(POOL_CLIENTS)
    reference = draw_pool("calm", 1)[order[:REFERENCE_ROWS]]
    return reference, draw_pool(name, strength)[order[REFERENCE_ROWS : REFERENCE_ROWS + ROWS]]


def _judge_monitors(
    generator: np.random.Generator, name: str, strength: int
) -> tuple[Verdict, Verdict]:
    """Return the verdicts of drift and feed."""
    reference, batch = _draw_batch(generator, name, strength)
    plan = plan_profile(reference, schema=CREDIT_CARD, decision_policy=COSTS)
    then, now = profile_rows(plan, reference), profile_rows(plan, batch)
    report = measure_drift(plan, then, now, schema=CREDIT_CARD, policy=DriftPolicy())
    shift = measure_score_shift(plan, then, now, columns=CREDIT_CARD.inputs[:3])
    columns = measure_feed(plan, then, now, schema=CREDIT_CARD)
    state = BatchState(
        now.row_count, then.row_count, columns, now.identical_share, then.identical_share
    )
    return judge_drift(report, row_count=ROWS, shift=shift), judge_feed(state)


def list_monitors() -> list[Trial]:
    """Return the trials of drift and feed on the simulator's months."""

    def judge(
        place: int, name: str, strength: int, *levels: str
    ) -> Callable[[np.random.Generator], bool | None]:
        return lambda generator: _rang(_judge_monitors(generator, name, strength)[place], *levels)

    trials = [
        Trial("drift: alarm", RIGHT, 0.1, judge(0, "calm", 1, "alarm")),
        Trial("drift: watch or alarm", RIGHT, 5.0, judge(0, "calm", 1, "watch", "alarm")),
        Trial("feed: alarm", RIGHT, 0.1, judge(1, "calm", 1, "alarm")),
        Trial("feed: watch or alarm", RIGHT, 0.5, judge(1, "calm", 1, "watch", "alarm")),
    ]
    for gate, place, name, label in (
        ("drift", 0, "marketing", "drift without loss (other clients come)"),
        ("drift", 0, "recession", "drift with loss (recession)"),
        ("feed", 1, "broken-feed", "stale and broken feed"),
    ):
        trials += [
            Trial(
                f"{gate}: watch or alarm",
                f"{label}, strength {strength}",
                None,
                judge(place, name, strength, "watch", "alarm"),
            )
            for strength in (1, 2, 3)
        ]
    return trials


def _judge_fairness(fall: float) -> Callable[[np.random.Generator], bool | None]:
    def count(generator: np.random.Generator, rows: int, share: float) -> GroupAcceptance:
        return GroupAcceptance(rows, int(generator.binomial(rows, share)))

    def draw(generator: np.random.Generator) -> bool | None:
        then = {"sex": {"1": count(generator, 2_400, 0.70), "2": count(generator, 3_600, 0.72)}}
        now = {"sex": {"1": count(generator, 800, 0.70 - fall), "2": count(generator, 1_200, 0.72)}}
        return _rang(judge_fairness_drift(then, now), "watch", "alarm")

    return draw


def _judge_volume(factor: float) -> Callable[[np.random.Generator], bool | None]:
    def draw(generator: np.random.Generator) -> bool | None:
        counts = generator.poisson(ROWS, 6)
        earlier = [Delivery(int(n), 1, 1) for n in counts]
        now = Delivery(int(generator.poisson(factor * ROWS)), 1, 1)
        return _rang(judge_volume(now, earlier), "watch", "alarm")

    return draw


def _judge_file(share: float) -> Callable[[np.random.Generator], bool | None]:
    return lambda generator: (
        judge_quality(FileCounts(ROWS, int(generator.binomial(ROWS, share)))).level == "refused"
    )


def _judge_estimate(roc_auc: float) -> Callable[[np.random.Generator], bool | None]:
    def draw(generator: np.random.Generator) -> bool | None:
        scores = expit(MEAN + find_spread(roc_auc) * generator.normal(size=ROWS))
        return _rang(judge_estimate(estimate_performance(scores, policy=COSTS), {}), "watch")

    return draw


def list_counts() -> list[Trial]:
    """Return the trials of the gates that need counts or scores alone."""
    return [
        Trial("fairness drift: watch or alarm", RIGHT, 0.1, _judge_fairness(0.0)),
        *(
            Trial(
                "fairness drift: watch or alarm",
                f"a group is accepted {fall:.0%} less often",
                None,
                _judge_fairness(fall),
            )
            for fall in (0.05, 0.10, 0.20)
        ),
        Trial("volume: watch or alarm", RIGHT, 0.1, _judge_volume(1.0)),
        *(
            Trial(
                "volume: watch or alarm",
                f"{factor:.0%} of the usual rows",
                None,
                _judge_volume(factor),
            )
            for factor in (0.6, 0.5, 0.4)
        ),
        *(
            Trial("quality: refused", f"{share:.0%} of a source's rows are bad", size, draw)
            for share, size, draw in (
                (0.03, 0.1, _judge_file(0.03)),
                (0.05, None, _judge_file(0.05)),
                (0.07, None, _judge_file(0.07)),
            )
        ),
        Trial("estimate: watch", "ROC AUC exactly at the floor of .70", 2.5, _judge_estimate(0.70)),
        *(
            Trial("estimate: watch", f"ROC AUC {area:.2f}", None, _judge_estimate(area))
            for area in (0.68, 0.66, 0.62)
        ),
    ]


def list_leaks() -> list[Trial]:
    """Return the trials of the leak test: honest portfolios, and inputs that know the outcome."""

    def judge(row_count: int, **world: str) -> Callable[[np.random.Generator], bool | None]:
        return lambda generator: leaks.ring(generator, row_count, **world)

    gate = "promotion: leak"
    return [
        *(
            Trial(
                gate,
                f"honest: {form}, {count:,} rows",
                2.5,
                judge(count, form=form),
                is_slow=True,
                section="leaks",
            )
            for count in leaks.ROW_COUNTS
            for form in leaks.HONEST
        ),
        *(
            Trial(gate, f"{leak}, {count:,} rows", None, judge(count, leak=leak), section="leaks")
            for count in leaks.ROW_COUNTS
            for leak in leaks.LEAKS
        ),
    ]


def list_small_files() -> list[Trial]:
    """Return the trials of small files: a first model judged out of fold, and drift of few values."""

    def judge(count: int) -> Callable[[np.random.Generator], bool | None]:
        signal = out_of_fold_gate.SIGNALS["logistic"][count]
        return lambda generator: out_of_fold_gate.pass_gate(
            generator, count, signal=signal, learner="logistic"
        )

    def drift(form: str, count: int) -> Callable[[np.random.Generator], bool | None]:
        return lambda generator: few_values.ring(generator, form, reference_count=count)

    return [
        *(
            Trial(
                "first model: passed out of fold",
                f"true ROC AUC at the floor of .70, {count:,} rows",
                2.5,
                judge(count),
                section="small-files",
            )
            for count in out_of_fold_gate.SIGNALS["logistic"]
        ),
        *(
            Trial(
                "drift: a column moved",
                f"{form}, reference of {count} rows, batch of {few_values.BATCH_ROWS:,}",
                0.5,
                drift(form, count),
                section="small-files",
            )
            for form in few_values.SHARES
            for count in few_values.REFERENCE_ROWS
        ),
    ]


@cache
def list_trials() -> tuple[Trial, ...]:
    """Return every trial, gate by gate."""
    return (
        *list_promotion(),
        *list_first_model(),
        *list_performance(),
        *list_monitors(),
        *list_counts(),
        *list_leaks(),
        *list_small_files(),
    )
