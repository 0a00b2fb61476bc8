"""Run a drill from its first simulated month to its verdict."""

from dataclasses import replace
from typing import TYPE_CHECKING

from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.session import read_settings
from credit_default.cli.terminal.shared_options import SharedOptions

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def run_drill_command(
    output: Output, shared: SharedOptions, *, names: tuple[str, ...], client_count: int
) -> "Summary":
    """Print the drill's tables and return its summary; exit code 1 if alarms are missing or false.

    Args:
        output: Where progress is shown.
        shared: The shared options; the seed is that of the simulated clients.
        names: The faults to plant; empty for all, and then a recession that was mended as well.
        client_count: Clients in the simulated portfolio.

    Raises:
        InputError: One of the names is no planted fault's.
    """
    settings = read_settings(shared)
    with output.step("getting ready"):
        from rich.console import Console

        from credit_default.gates.monitoring.drill_verdict import Drill, judge_drill
        from credit_default.services.context.wiring import read_portfolio
        from credit_default.services.simulation.drill import (
            DrillPlan,
            choose_faults,
            judge_mended_months,
            prepare_drill,
            run_drill,
        )
        from credit_default.views.documents.terminal import render_document
        from credit_default.views.summaries.summary import Summary
        from credit_default.views.terminal.drill import describe_drill, format_case_lines

    plan = DrillPlan(client_count=client_count, faults=choose_faults(names))
    if names:
        plan = replace(plan, mended_count=0)
    portfolio = read_portfolio(settings.portfolio)
    with output.step(f"training on simulated clients, then {plan.clean_count} clean months"):
        drill_setup = prepare_drill(settings, portfolio, plan)
    with output.step(f"planting {len(plan.faults)} faults, mending a recession") as found:
        cases = tuple(run_drill(drill_setup, plan))
        mended = judge_mended_months(settings, portfolio, plan)
        drill = Drill(cases, drill_setup.levels, mended)
        verdict = judge_drill(drill, policy=settings.drill)
        found(verdict.level)
    if not output.as_json:
        faults = f"{len(drill.cases)} faults planted"
        subtitle = f"{client_count:,} simulated clients, seed {settings.seed}; {faults}"
        Console(highlight=False, markup=False).print(
            render_document(describe_drill(drill, verdict, subtitle=subtitle))
        )
    counts = {"planted": len(drill.cases), "clean months": len(drill.clean_months)}
    notes = format_case_lines(drill) if output.as_json else ()
    return Summary(
        "drill",
        "the alarms work" if verdict.passed else "alarms are missing or false",
        exit_code=int(not verdict.passed),
        verdicts=(verdict,),
        counts=counts,
        notes=notes,
    )
