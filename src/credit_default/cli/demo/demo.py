"""demo: the whole life of a model on this laptop, in a lake that is made afresh each time."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Config, Json, Quiet, Seed, collect_flags
from credit_default.cli.terminal.output import Output, run_command
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def demo(
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="public, simulated, or a file with outcomes.  [default: public]",
            show_default=False,
        ),
    ] = None,
    lake: Annotated[
        str, typer.Option("--lake", help="Made afresh: what stands there is removed first.")
    ] = "demo-lake",
    month: Annotated[
        str, typer.Option("--month", help="YYYY-MM, for a file without a statement_month column.")
    ] = "2005-09",
    months: Annotated[
        int | None,
        typer.Option(
            "--months",
            min=9,
            help="So many simulated months, outcomes two months late.",
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
        int, typer.Option("--strength", min=1, max=3, help="How hard the scenario pulls.")
    ] = 1,
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Live the whole life of a model: train, promote, six months, drift, outcomes, a retrain, the gate."""
    flags = collect_flags(data=data, lake=lake, seed=seed)

    def act(output: Output) -> "Summary":
        if months is not None or scenario is not None:
            from credit_default.cli.demo.long_demo import run_long_demo

            _require_simulated_data(data)
            return run_long_demo(
                output,
                flags,
                config=config or [],
                month_count=months or 18,
                scenario=scenario or "recession",
                strength=strength,
            )
        from credit_default.cli.demo.demo_months import run_demo

        return run_demo(output, flags, config=config or [], month=month)

    run_command("demo", act, as_json=json, quiet=quiet)


def _require_simulated_data(data: str | None) -> None:
    if data not in {None, "simulated"}:
        raise InputError(
            "demo --months",
            found=f"--data {data}",
            expected="simulated clients: only they live on",
            remedy="Leave --data out.",
        )
