"""Live eighteen simulated months with a recession, once for each seed, and tell who recovered by themselves.

    python benchmarks/recovery.py [--seeds 7 1 2 3 4] [--months 18] [--strength 3] [--jobs 2]

It is the long demo (`credit-default demo --months 18 --scenario recession --seed N`) without servers, lake and pages: the
same model, gates, alarms, policy for retraining and promotion, outcomes two months late. Ends with 1 when a seed did not
recover.
"""

import argparse
import datetime as dt
import logging
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from time import process_time

import polars as pl

from credit_default.cli.demo.long_demo import LIGHT_SETTINGS, OUTCOME_DELAY_MONTHS, QUIET_MONTHS
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.data.simulation.months import Scenario, simulate
from credit_default.gates.monitoring.alarms import GateFinding, compute_alarms
from credit_default.gates.monitoring.monitoring_gates import DRIFT, FEED, PERFORMANCE
from credit_default.gates.monitoring.recovery import RecoveryMonth, judge_recovery
from credit_default.gates.monitoring.retraining import (
    RetrainingState,
    count_lingering_errors,
    judge_retraining,
)
from credit_default.gates.monitoring.retraining_policy import choose_window
from credit_default.gates.verdict import Level, Verdict
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.simulation.demo_months import DemoPolicy
from credit_default.services.simulation.drill_pipeline import DrillPipeline
from credit_default.services.simulation.past_month import PastMonth
from credit_default.services.training.challenger import Challenger, fit_challenger
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.training_rows import TrainingRows, split_rows
from credit_default.settings import Settings

LONG_AFTER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)  # every outcome is due
SIMULATED = "simulated"
SEEDS = (7, 1, 2, 3, 4)  # as in the nightly test of the long demo


@dataclass
class Life:
    """One portfolio and what the system knows of it; `place` counts its months from the first scored one."""

    wiring: Wiring
    history: list[DeliveredMonth]
    months: list[DeliveredMonth]
    champion: CurrentChampion
    findings: list[GateFinding] = field(default_factory=list)
    levels: list[Mapping[str, Level]] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    past: list[PastMonth] = field(default_factory=list)
    trained: dict[int, str] = field(default_factory=dict)  # place -> what happened
    requested: list[str] = field(default_factory=list)
    labels_at_training: int = 0
    version_count: int = 1

    @property
    def pipeline(self) -> DrillPipeline:
        """Return the champion with the policies by which months are judged."""
        return DrillPipeline(self.wiring.settings, self.wiring.schema, self.champion.bundle)


def get_name(month: DeliveredMonth) -> str:
    """Return the statement month (YYYY-MM)."""
    return str(month.statements["statement_month"][0])


def label(month: DeliveredMonth) -> pl.DataFrame:
    """Return the rows with outcomes."""
    return month.statements.join(month.outcomes, on=list(KEY), maintain_order="left")


def begin(seed: int, *, month_count: int, strength: int, jobs: int, folder: Path) -> Life:
    """Return a portfolio with a first champion, trained on its history."""
    policy = DemoPolicy()
    scenario = Scenario("recession", start=policy.history_months + QUIET_MONTHS, strength=strength)
    given = LIGHT_SETTINGS | {"lake": str(folder), "seed": seed, "jobs": jobs}
    wiring = build_wiring(Settings(**given), commit="")
    months = [
        DeliveredMonth(month.statements, month.outcomes.select(*KEY, OUTCOME))
        for month in simulate(
            client_count=policy.client_count,
            month_count=policy.history_months + month_count,
            seed=seed,
            scenario=scenario,
        )
    ]
    history, later = months[: policy.history_months], months[policy.history_months :]
    first = fit(wiring, pl.concat(map(label, history)))
    return Life(wiring, history, later, CurrentChampion(first.bundle, 1, SIMULATED))


def fit(wiring: Wiring, rows: pl.DataFrame) -> Challenger:
    """Return a challenger fitted on the rows."""
    training = TrainingRows(rows, (), SIMULATED, 0, ())
    return fit_challenger(wiring, training, split_rows(wiring, training))


def live_month(life: Life, place: int) -> None:
    """Score and judge one month, take in the outcomes that are due, and retrain where that is requested."""
    month, version = life.months[place], life.champion.number
    judged = life.pipeline.judge_month(month, life.past)
    life.levels.append(judged.levels)
    life.versions.append(version)
    if judged.past_month is not None:
        life.past.append(judged.past_month)
    matured = place - OUTCOME_DELAY_MONTHS
    for gate in (DRIFT.name, FEED.name, "volume"):
        find(life, gate, place)
    if matured >= 0:
        find(life, PERFORMANCE.name, matured)
    alarms = compute_alarms(
        life.findings, champion_version=version, policy=life.wiring.settings.alarms
    )
    known_count = sum(month.statements.height for month in life.months[: max(matured + 1, 0)])
    state = RetrainingState(
        month=get_name(month),
        alarms=[alarm for alarm in alarms if alarm.model_version == version],
        new_label_count=known_count - life.labels_at_training,
        request_months=life.requested,
        lingering_count=count_lingering_errors(life.findings, model_version=version),
    )
    decision = judge_retraining(state, policy=life.wiring.settings.retraining)
    if decision.action == "train":
        life.requested.append(state.month)
        retrain(life, place, known_count=known_count)


def find(life: Life, gate: str, place: int) -> None:
    """Add what the gate found about the month, as its version scored it."""
    name = get_name(life.months[place])
    level = life.levels[place].get(gate, "not judged")
    life.findings.append(GateFinding(gate, life.versions[place], name, name, level))


def retrain(life: Life, place: int, *, known_count: int) -> None:
    """Fit a challenger on the months whose outcomes are known, and promote it where it wins."""
    known = life.history + life.months[: max(place - OUTCOME_DELAY_MONTHS + 1, 0)]
    window = choose_window(life.wiring.settings.retraining, newest_month=get_name(known[-1]))
    used = [m for m in known if (window.first_month or "") <= get_name(m)]
    challenger = fit(life.wiring, pl.concat(map(label, used)))
    verdict = judge_challenger(
        life.wiring, challenger, challenger.sides, champion=life.champion, now=LONG_AFTER
    )
    life.version_count += 1
    reference = challenger.bundle.reference
    assert reference is not None
    months = reference["statement_month"].unique().sort()
    happened = "promoted" if verdict.passed else f"kept ({verdict.reasons[0]})"
    life.trained[place] = f"{happened}; reference {months[0]} to {months[-1]}"
    if verdict.passed:
        life.champion = CurrentChampion(challenger.bundle, life.version_count, SIMULATED)
        life.labels_at_training = known_count
        # What an earlier version was right about proves nothing of this one.
        life.past = [replace(month, levels={}) for month in life.past]


def judge(life: Life) -> Verdict:
    """Return the gate's verdict on the recovery."""
    known_count = len(life.months) - OUTCOME_DELAY_MONTHS
    return judge_recovery(
        [
            RecoveryMonth(
                get_name(month),
                life.versions[place],
                place >= QUIET_MONTHS,
                life.levels[place].get("drift", "not judged"),
                life.levels[place].get("performance", "not judged")
                if place < known_count
                else "not judged",
                place in life.trained,
            )
            for place, month in enumerate(life.months)
        ]
    )


def show(life: Life, *, seed: int, seconds: float) -> Verdict:
    """Print the months and the verdict, and return the verdict."""
    verdict = judge(life)
    print(
        f"seed {seed}: {'recovered' if verdict.level == 'ok' else 'NOT RECOVERED'}; "
        f"{'; '.join(verdict.reasons)} ({seconds:.0f} CPU-s)"
    )
    for place, month in enumerate(life.months):
        levels = life.levels[place]
        raised = [
            f"{gate} {level}"
            for gate, level in levels.items()
            if level in {"watch", "alarm", "refused"}
        ]
        print(
            f"    {get_name(month)} v{life.versions[place]} {', '.join(raised) or 'quiet':<34}"
            f" {life.trained.get(place, '')}"
        )
    changes = [place for place, (a, b) in enumerate(pairwise(life.versions)) if a != b]
    if changes:
        after = life.levels[changes[-1] + 1 :]
        alarm_count = sum("alarm" in levels.values() for levels in after)
        print(f"    after the last promotion: {alarm_count} of {len(after)} months with an alarm")
    return verdict


def main() -> int:
    """Print each seed's months; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--strength", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--jobs", type=int, default=1, help="cores that fit the trees")
    asked = parser.parse_args()
    logging.disable(logging.INFO)
    recovered = 0
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as folder:
            began = process_time()
            life = begin(
                seed,
                month_count=asked.months,
                strength=asked.strength,
                jobs=asked.jobs,
                folder=Path(folder),
            )
            for place in range(asked.months):
                live_month(life, place)
            recovered += show(life, seed=seed, seconds=process_time() - began).level == "ok"
    print(f"{recovered} of {len(asked.seeds)} recovered")
    return int(recovered < len(asked.seeds))


if __name__ == "__main__":
    sys.exit(main())
