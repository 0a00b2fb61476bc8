"""Plant faults in months of a simulated portfolio and record which gates notice them.

One model is trained on the portfolio's first months. Clean months follow; every fault is planted in the same two of them,
with the clean months before as their history. Which gates must notice each fault is declared in `data.planted_faults`, before
anything is run.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.planted_faults.catalogue import PLANTED_FAULTS, PlantedFault
from credit_default.data.planted_faults.injection import DeliveredMonth, FaultContext, plant_fault
from credit_default.data.simulation.months import CALM, Scenario
from credit_default.errors import InputError
from credit_default.gates.monitoring.drill_verdict import Drill, DrillCase, judge_drill
from credit_default.gates.verdict import Level
from credit_default.services.context.wiring import Portfolio
from credit_default.services.simulation.drill_months import (
    judge_months,
    simulate_drill_months,
    train_drill_model,
)
from credit_default.services.simulation.drill_pipeline import DrillPipeline
from credit_default.services.simulation.loosened_policies import loosen_gates
from credit_default.services.simulation.past_month import PastMonth
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)

TRAINING_MONTHS: Final = 3
PAST_MONTHS: Final = 6  # clean months before the first that a fault is planted in
# Months of a recession whose outcomes are known when it is mended. A statement shows six months:
# from the seventh on the history that it shows is of the recession alone.
RECESSION_MONTHS: Final = 8
_HIGHEST_STRENGTH: Final = 3
_LOOSENED_GATES: Final = frozenset({"drift", "feed", "performance"})


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """How many clients and months are simulated, and which faults are planted."""

    client_count: int = 4_000
    clean_count: int = 24
    # months that are judged after a recession was mended by a retraining; 0 leaves it out
    mended_count: int = 6
    faults: tuple[PlantedFault, ...] = PLANTED_FAULTS


@dataclass(frozen=True, slots=True, eq=False)
class DrillSetup:
    """A trained model, and the clean months after its training with what the gates said about them."""

    pipeline: DrillPipeline
    months: tuple[DeliveredMonth, ...]
    levels: tuple[Mapping[str, Level], ...]  # of each clean month, by gate
    past_months: tuple[PastMonth, ...]  # those before the months with faults


def choose_faults(names: Sequence[str]) -> tuple[PlantedFault, ...]:
    """Return the planned faults of these names, at every strength; all of them where no name is given.

    Raises:
        InputError: No fault has one of the names.
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


def prepare_drill(settings: Settings, portfolio: Portfolio, plan: DrillPlan) -> DrillSetup:
    """Train a model on the first simulated months, and judge the clean months after them in order.

    Raises:
        InputError: The simulator cannot make this portfolio.
    """
    _require_simulated_portfolio(portfolio)
    month_count = TRAINING_MONTHS + max(plan.clean_count, PAST_MONTHS + 2)
    simulated = simulate_drill_months(
        plan.client_count, CALM, seed=settings.seed, month_count=month_count
    )
    pipeline = train_drill_model(settings, portfolio, simulated[:TRAINING_MONTHS])
    months = simulated[TRAINING_MONTHS:]
    levels, past_months = judge_months(pipeline, months, past=())
    _LOG.info(
        "prepared drill client_count=%d clean_month_count=%d", plan.client_count, plan.clean_count
    )
    return DrillSetup(
        pipeline,
        tuple(months),
        tuple(levels[: plan.clean_count]),
        tuple(past_months[:PAST_MONTHS]),
    )


def run_drill(drill_setup: DrillSetup, plan: DrillPlan) -> Iterator[DrillCase]:
    """Yield each planted fault with what the gates said about it, in the plan's order."""
    for fault in plan.faults:
        if fault.kind == "gate":
            batches = _drill_loosened_gates(drill_setup, plan, fault)
        else:
            batches = _plant_fault(drill_setup, plan, fault)
        case = DrillCase(
            fault.name, fault.strength, fault.expected_gates, fault.required_level, batches
        )
        _LOG.info(
            "planted fault name=%s strength=%d response=%s",
            fault.name,
            fault.strength,
            case.response,
        )
        yield case


def judge_mended_months(
    settings: Settings, portfolio: Portfolio, plan: DrillPlan
) -> tuple[Mapping[str, Level], ...]:
    """Return what the gates say about the months after a recession for which a model was retrained.

    The recession, of the highest strength, goes on. The model is trained on the calm months before
    it and on its first months, when the outcomes of these are known, and judged from then on.

    Returns:
        The level of each gate, month by month, as many months as the plan says.
    """
    if not plan.mended_count:
        return ()
    trained_count = TRAINING_MONTHS + RECESSION_MONTHS
    served_from = trained_count + MATURITY_MONTHS
    simulated = simulate_drill_months(
        plan.client_count,
        Scenario("recession", start=TRAINING_MONTHS, strength=_HIGHEST_STRENGTH),
        seed=settings.seed,
        month_count=served_from + plan.mended_count,
    )
    pipeline = train_drill_model(settings, portfolio, simulated[:trained_count])
    levels, _ = judge_months(pipeline, simulated[served_from:], past=())
    _LOG.info("judged months after a mended recession month_count=%d", plan.mended_count)
    return tuple(levels)


def _require_simulated_portfolio(portfolio: Portfolio) -> None:
    if portfolio.schema.name != "credit-card":
        raise InputError(
            "portfolio",
            found=repr(portfolio.schema.name),
            expected="'credit-card', the only one that the simulator supports",
            remedy="Run the drill without --portfolio.",
        )


def _plant_fault(
    drill_setup: DrillSetup, plan: DrillPlan, fault: PlantedFault
) -> tuple[Mapping[str, Level], ...]:
    months = _build_faulty_months(drill_setup, plan, fault)
    levels, _ = judge_months(drill_setup.pipeline, months, past=drill_setup.past_months)
    return tuple(levels)


def _build_faulty_months(
    drill_setup: DrillSetup, plan: DrillPlan, fault: PlantedFault
) -> list[DeliveredMonth]:
    """Return the months with the fault in them, as many as the drill's policy allows for."""
    settings = drill_setup.pipeline.settings
    count = settings.drill.batch_count
    if fault.kind == "scenario":
        start = TRAINING_MONTHS + PAST_MONTHS
        scenario = Scenario(fault.name, start=start, strength=fault.strength)
        months = simulate_drill_months(
            plan.client_count, scenario, seed=settings.seed, month_count=start + count
        )
        return months[start:]
    return [
        plant_fault(fault.name, _build_fault_context(drill_setup, fault, place))
        for place in range(PAST_MONTHS, PAST_MONTHS + count)
    ]


def _build_fault_context(drill_setup: DrillSetup, fault: PlantedFault, place: int) -> FaultContext:
    seed = [drill_setup.pipeline.settings.seed, fault.strength, place, *fault.name.encode()]
    before = drill_setup.months[place - 1].statements
    return FaultContext(drill_setup.months[place], before, fault.size, np.random.default_rng(seed))


def _drill_loosened_gates(
    drill_setup: DrillSetup, plan: DrillPlan, fault: PlantedFault
) -> tuple[Mapping[str, Level], ...]:
    """Run a drill of the strongest faults on loosened gates, and return the verdict that this drill ends with.

    Gates that let everything pass must make a drill fail.
    """
    settings = drill_setup.pipeline.settings
    loosened = loosen_gates(settings, fault.size).model_copy(
        update={"drill": replace(settings.drill, batch_count=1)}
    )
    pipeline = replace(drill_setup.pipeline, settings=loosened)
    faults = tuple(
        planted
        for planted in PLANTED_FAULTS
        if planted.kind == "month"
        and planted.strength == _HIGHEST_STRENGTH
        and set(planted.expected_gates) <= _LOOSENED_GATES
    )
    cases = run_drill(replace(drill_setup, pipeline=pipeline), replace(plan, faults=faults))
    verdict = judge_drill(Drill(tuple(cases), ()), policy=settings.drill)
    return ({"drill": verdict.level},)
