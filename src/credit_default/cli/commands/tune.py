"""tune: a search for a better recipe, whose winner becomes a file that people review."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.commands.pipeline import Data
from credit_default.cli.terminal.options import (
    Config,
    Json,
    Lake,
    Month,
    Portfolio,
    Quiet,
    Seed,
    collect_flags,
)
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings

if TYPE_CHECKING:
    from credit_default.adapters.optuna.study import EndedTrial
    from credit_default.services.tuning.trials import Budget
    from credit_default.services.tuning.tune import Listener, TuningResult
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

DEFAULT_TRIAL_COUNT = 40


def tune(
    data: Data = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            min=1,
            show_default=False,
            help="Stop at this many, those of earlier runs included.  [default: 40, none with --minutes]",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes", min=0.01, help="Begin no trial after this long.", show_default=False
        ),
    ] = None,
    challengers: Annotated[
        bool,
        typer.Option(
            "--challengers/--no-challengers",
            help="Also measure boosting, networks, splines, a blend.",
        ),
    ] = True,
    out: Annotated[
        Path, typer.Option("--out", help="Where the winner's recipe is written.")
    ] = Path("config/tuned-forest.toml"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite that file when it is there.")
    ] = False,
    month: Month = None,
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search for a better recipe on the development side; interrupted, the same command goes on where it was."""
    flags = collect_flags(data=data, lake=lake, portfolio=portfolio, seed=seed)

    def act(output: Output) -> "Summary":
        settings = read_settings(flags, config)
        from credit_default.flows.runs.context import connect, read_clock
        from credit_default.flows.server.session import prepare_libraries
        from credit_default.services.training.data_source import require_existing_data_file
        from credit_default.services.training.training_rows import read_training_rows
        from credit_default.services.tuning.trials import Budget
        from credit_default.services.tuning.tune import tune as search
        from credit_default.services.tuning.tuning_summary import summarise_tuning
        from credit_default.services.tuning.winner_file import require_writable_target, save_winner

        usual = None if minutes else DEFAULT_TRIAL_COUNT
        budget = Budget(trials or usual, minutes * 60 if minutes else None)
        require_writable_target(out, replacing=replace)
        require_existing_data_file(settings)
        prepare_libraries(settings)
        wiring = connect(flags, config or [])
        with output.step("reading and checking the statements"):
            training = read_training_rows(wiring, month=month, read_at=read_clock())
        with _explain_interruption(), _show_progress(output, budget) as listener:
            tuning = search(
                wiring,
                training,
                budget=budget,
                with_families=challengers,
                clock=monotonic,
                listener=listener,
            )
        kept = save_winner(
            tuning, out, command=_build_command_line(settings, trial_count=len(tuning.trials))
        )
        _show_comparisons(output, tuning)
        return summarise_tuning(tuning, out if kept else None, listed=output.as_json)

    run_command("tune", act, as_json=json, quiet=quiet)


@contextmanager
def _explain_interruption() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(
            "credit-default tune: the trials that ended are kept; the same command goes on from there\n"
        )
        raise


@contextmanager
def _show_progress(output: Output, budget: "Budget") -> Iterator["Listener"]:
    """A bar that moves with each trial, the best loss beside it; nothing where nothing is to be shown."""
    from credit_default.services.tuning.tune import Listener

    if output.silent:
        yield Listener(lambda _trials: None, lambda _standing: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as progress:
        task = progress.add_task("searching", total=budget.trial_count)
        yield Listener(
            lambda trials: progress.update(
                task, completed=len(trials), description=_format_progress(trials)
            ),
            lambda standing: progress.console.print(f"measured {standing.name}"),
        )


def _show_comparisons(output: Output, tuning: "TuningResult") -> None:
    if not output.as_json:
        from rich.console import Console

        from credit_default.views.terminal.tuning import render_recipe_comparisons

        Console(highlight=False).print(render_recipe_comparisons(tuning.comparisons))


def _format_progress(trials: "tuple[EndedTrial, ...]") -> str:
    losses = [trial.loss for trial in trials if trial.ending == "finished"]
    given_up = len(trials) - len(losses)
    return (
        f"searching: best log loss {min(losses):.5f}, {given_up} given up"
        if losses
        else "searching"
    )


def _build_command_line(settings: "Settings", *, trial_count: int) -> str:
    """The command that would do the same again; where a file lies on this machine is nobody else's concern."""
    data = settings.data if settings.data in {"public", "simulated"} else Path(settings.data).name
    return f"credit-default tune --data {data} --trials {trial_count} --seed {settings.seed}"
