"""A drill: faults are planted in months of a simulated portfolio, and the gates are watched while they look at them.

One model is trained on the portfolio's first months. Clean months follow; every fault is put into the same two of them, with
the clean ones before as their past. What each fault must ring stands in `data.planted_faults`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.planted_faults.catalogue import PLANTED_FAULTS, PlantedFault
from credit_default.data.planted_faults.injection import DeliveredMonth, FaultContext, plant_fault
from credit_default.data.simulation.months import CALM, Scenario, simulate
from credit_default.data.splitting import split
from credit_default.errors import InputError
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.drill_verdict import Drill, DrillCase, judge_drill
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.performance import PerformancePolicy
from credit_default.gates.verdict import Level
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.scoring import attach_reference
from credit_default.services.context.wiring import Wiring
from credit_default.services.simulation.drill_pipeline import DrillPipeline, PastMonth

TRAINING_MONTHS: Final = 3
_HIGHEST_STRENGTH: Final = 3  # strength
PAST_MONTHS: Final = 6  # clean ones, before any fault


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """How much is simulated, and which faults are planted."""

    client_count: int = 4_000
    clean_count: int = 24
    faults: tuple[PlantedFault, ...] = PLANTED_FAULTS


@dataclass(frozen=True, slots=True, eq=False)
class DrillSetup:
    """A trained model, the clean months after its training, and what was said of them."""

    line: DrillPipeline
    months: tuple[DeliveredMonth, ...]
    levels: tuple[Mapping[str, Level], ...]
    delivered: tuple[PastMonth, ...]  # of the months before the faults


def choose_faults(names: Sequence[str]) -> tuple[PlantedFault, ...]:
    """The planned faults of these names, at every strength; all of them where none is named.

    Raises:
        InputError: a name that no fault goes by.
    """
    known = dict.fromkeys(fault.name for fault in PLANTED_FAULTS)
    for name in names:
        if name not in known:
            raise InputError(
                "planted fault",
                found=repr(name),
                expected=f"one of {', '.join(known)}",
                remedy="Choose a known one.",
            )
    return tuple(fault for fault in PLANTED_FAULTS if not names or fault.name in names)


def prepare_drill(wiring: Wiring, plan: DrillPlan) -> DrillSetup:
    """The model, trained on the first months of the portfolio, and the clean months after them, looked at in order.

    Raises:
        InputError: the settings name a portfolio that the simulator has no clients of.
    """
    if wiring.schema.name != "credit-card":
        raise InputError(
            "portfolio",
            found=repr(wiring.schema.name),
            expected="'credit-card': the simulator knows no other",
            remedy="Run the drill without --portfolio.",
        )
    lived = _simulate_drill_months(
        wiring, plan, CALM, month_count=TRAINING_MONTHS + max(plan.clean_count, PAST_MONTHS + 2)
    )
    line = _train(wiring, lived[:TRAINING_MONTHS])
    months = lived[TRAINING_MONTHS:]
    levels, delivered = _judge_months(line, months, past=())
    return DrillSetup(
        line, tuple(months), tuple(levels[: plan.clean_count]), tuple(delivered[:PAST_MONTHS])
    )


def run_drill(ground: DrillSetup, plan: DrillPlan) -> Iterator[DrillCase]:
    """Each planted fault as it went, in the plan's order."""
    for fault in plan.faults:
        batches = (
            _drill_loosened_gates(ground, plan, fault)
            if fault.kind == "gate"
            else _plant_fault(ground, plan, fault)
        )
        yield DrillCase(
            fault.name, fault.strength, fault.expected_gates, fault.required_level, batches
        )


def _plant_fault(
    ground: DrillSetup, plan: DrillPlan, fault: PlantedFault
) -> tuple[Mapping[str, Level], ...]:
    levels, _ = _judge_months(
        ground.line, _build_faulty_months(ground, plan, fault), past=ground.delivered
    )
    return tuple(levels)


def _build_faulty_months(
    ground: DrillSetup, plan: DrillPlan, fault: PlantedFault
) -> list[DeliveredMonth]:
    """The months with the fault in them, as many as the drill's policy allows for."""
    count = ground.line.wiring.settings.drill.batch_count
    if fault.kind == "scenario":
        start = TRAINING_MONTHS + PAST_MONTHS
        scenario = Scenario(fault.name, start=start, strength=fault.strength)
        return _simulate_drill_months(
            ground.line.wiring, plan, scenario, month_count=start + count
        )[start:]
    return [
        plant_fault(fault.name, _build_scene(ground, fault, place))
        for place in range(PAST_MONTHS, PAST_MONTHS + count)
    ]


def _build_scene(ground: DrillSetup, fault: PlantedFault, place: int) -> FaultContext:
    seed = [ground.line.wiring.settings.seed, fault.strength, place, *fault.name.encode()]
    before = ground.months[place - 1].statements
    return FaultContext(ground.months[place], before, fault.size, np.random.default_rng(seed))


def _drill_loosened_gates(
    ground: DrillSetup, plan: DrillPlan, fault: PlantedFault
) -> tuple[Mapping[str, Level], ...]:
    """What the drill itself says when it is run on gates whose limits were loosened: these must not go unnoticed."""
    settings = ground.line.wiring.settings
    loose = settings.model_copy(
        update={
            "drift": loosen_drift(settings.drift, fault.size),
            "feed": loosen_feed(settings.feed, fault.size),
            "performance": loosen_performance(settings.performance, fault.size),
            "drill": replace(settings.drill, batch_count=1),
        }
    )
    line = DrillPipeline(replace(ground.line.wiring, settings=loose), ground.line.bundle)
    loudest = [f for f in PLANTED_FAULTS if f.kind == "month" and f.strength == _HIGHEST_STRENGTH]
    canaries = tuple(
        f for f in loudest if set(f.expected_gates) <= {"drift", "feed", "performance"}
    )
    broken = replace(plan, faults=canaries)
    exercises = tuple(run_drill(replace(ground, line=line), broken))
    return ({"drill": judge_drill(Drill(exercises, ()), policy=settings.drill).level},)


def loosen_drift(policy: DriftPolicy, factor: float) -> DriftPolicy:
    """The policy with limits so many times as high."""
    return replace(
        policy,
        score_threshold=policy.score_threshold * factor,
        decision_threshold=policy.decision_threshold * factor,
        highest_drifted_share=policy.highest_drifted_share * factor,
        watched_share_move=policy.watched_share_move * factor,
        highest_share_move=policy.highest_share_move * factor,
    )


def loosen_feed(policy: FeedPolicy, factor: float) -> FeedPolicy:
    """The policy with limits so many times as high; a share ends at 1."""
    names = (
        "rejected_margin",
        "new_share",
        "repeat_margin",
        "stale_margin",
        "tail_margin",
        "twin_margin",
    )
    shares = {name: min(1.0, getattr(policy, name) * factor) for name in names}
    others = ("mix_threshold", "highest_mix", "filled_margin", "highest_filled", "highest_scale")
    return replace(policy, **shares, **{name: getattr(policy, name) * factor for name in others})


def loosen_performance(policy: PerformancePolicy, factor: float) -> PerformancePolicy:
    """The policy with limits so many times as far."""
    return replace(
        policy,
        lowest_roc_auc=policy.lowest_roc_auc / factor,
        highest_roc_auc_loss=policy.highest_roc_auc_loss * factor,
        highest_calibration_error=policy.highest_calibration_error * factor,
        calibration_deviations=policy.calibration_deviations * factor,
    )


def _simulate_drill_months(
    wiring: Wiring, plan: DrillPlan, scenario: Scenario, *, month_count: int
) -> list[DeliveredMonth]:
    months = simulate(
        client_count=plan.client_count,
        month_count=month_count,
        seed=wiring.settings.seed,
        scenario=scenario,
    )
    return [
        DeliveredMonth(month.statements, month.outcomes.select(*KEY, OUTCOME)) for month in months
    ]


def _train(wiring: Wiring, months: Iterable[DeliveredMonth]) -> DrillPipeline:
    settings = wiring.settings
    rows = pl.concat(
        m.statements.join(m.outcomes, on=list(KEY), maintain_order="left") for m in months
    )
    sides = split(rows, test_share=settings.refresh.test_share)
    bundle = fit(
        settings.recipe,
        sides.development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=settings.decision,
        job_count=settings.jobs,
    )
    return DrillPipeline(wiring, attach_reference(bundle, sides.test))


def _judge_months(
    line: DrillPipeline, months: Sequence[DeliveredMonth], *, past: Sequence[PastMonth]
) -> tuple[list[Mapping[str, Level]], list[PastMonth]]:
    """What was said of the months, one after the other; one that is not let in leaves no past."""
    levels: list[Mapping[str, Level]] = []
    delivered = list(past)
    for month in months:
        inspected = line.inspect(month, delivered)
        levels.append(inspected.levels)
        delivered += [inspected.delivered] if inspected.delivered else []
    return levels, delivered[len(past) :]
