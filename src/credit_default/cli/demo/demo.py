"""demo: run the whole life cycle of a model on this machine, in a lake that is emptied first."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Data
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary

DEFAULT_SCENARIO = "recession"
Show = Annotated[
    bool, typer.Option("--open", help="Open the page with what happened in your browser.")
]


@takes_shared_options("seed")
def demo(
    data: Data = None,
    lake: Annotated[
        str,
        typer.Option(
            "--lake", help="The lake of the demo: what an earlier demo left there is removed first."
        ),
    ] = "demo-lake",
    month: Annotated[
        str, typer.Option("--month", help="YYYY-MM, for a file without a statement_month column.")
    ] = "2005-09",
    months: Annotated[
        int | None,
        typer.Option(
            "--months",
            min=9,
            help="Run this many simulated months, with outcomes two months late.",
            show_default=False,
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            help="What begins in month 7: recession, marketing, policy or broken-feed.  [default: recession]",
            show_default=False,
        ),
    ] = None,
    strength: Annotated[
        int, typer.Option("--strength", min=1, max=3, help="How strong the scenario is.")
    ] = 1,
    show: Show = False,
    *,
    shared: SharedOptions,
) -> None:
    """Run a model's life cycle: training, promotion, six months, drift, outcomes, a retraining."""

    def act(output: Output) -> "Summary":
        if months is None and scenario is None:
            from credit_default.cli.demo.six_month_demo import run_six_month_demo

            _check_data(shared, month=month, data=data, lake=lake)
            return run_six_month_demo(output, shared, month=month, show=show, data=data, lake=lake)
        from credit_default.cli.demo.long_demo import run_long_demo

        _require_simulated_data(data)
        planted = scenario or DEFAULT_SCENARIO
        _check_scenario(planted, strength=strength)
        return run_long_demo(
            output,
            shared,
            month_count=months or 18,
            scenario=planted,
            strength=strength,
            show=show,
            data=data,
            lake=lake,
        )

    run_command("demo", act, shared)


def _check_data(shared: SharedOptions, *, month: str, **flags: str | None) -> None:
    """Check a named data file before the lake of an earlier demo is emptied and a server is started."""
    from credit_default.services.simulation.demo_months import check_demo_data

    check_demo_data(read_settings(shared, **flags), month=month)


def _check_scenario(name: str, *, strength: int) -> None:
    """Check the scenario before the lake of an earlier demo is emptied and a server is started."""
    from credit_default.data.simulation.scenarios import Scenario, check_scenario

    check_scenario(Scenario(name, strength=strength))


def _require_simulated_data(data: str | None) -> None:
    if data not in {None, "simulated"}:
        raise InputError(
            "demo --months",
            found=f"--data {data}",
            expected="simulated clients, whose later months can be made",
            remedy="Leave --data out.",
        )
