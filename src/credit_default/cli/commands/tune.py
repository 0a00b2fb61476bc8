"""tune: search for a better recipe and write it as a settings file for people to review."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Data, Decimal, Month, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect_with_mlflow, read_settings
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.adapters.optuna.study import EndedTrial
    from credit_default.services.context.wiring import Wiring
    from credit_default.services.training.training_rows import TrainingRows
    from credit_default.services.tuning.trials import Budget
    from credit_default.services.tuning.tune import Listener, TuningResult
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

DEFAULT_TRIAL_COUNT = 40


@takes_shared_options("lake", "portfolio", "seed")
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
        str, typer.Option("--out", metavar="PATH", help="Where the best recipe is written.")
    ] = "config/tuned-forest.toml",
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite that file when it is there.")
    ] = False,
    month: Month = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    *,
    shared: SharedOptions,
) -> None:
    """Search for a better recipe on the development side; run it again to continue a search."""
    usual = None if minutes else DEFAULT_TRIAL_COUNT

    def act(output: Output) -> "Summary":
        settings = read_settings(shared, data=data)
        from credit_default.services.training.data_source import require_existing_data_file
        from credit_default.services.tuning.winner_file import save_winner

        target = _find_target(out, replacing=replace)
        require_existing_data_file(settings)  # before the lake's folder is made
        wiring = connect_with_mlflow(shared, output, data=data)
        given = (sheet, decimal, thousands)
        training = _read_training_rows(output, wiring, given, month=month)
        from credit_default.services.tuning.tuning_summary import summarise_tuning

        budget = _build_budget(trials or usual, minutes)
        tuning = _search(output, wiring, training, budget, with_families=challengers)
        command = _build_command_line(settings, trial_count=len(tuning.trials))
        kept = save_winner(tuning, target, command=command)
        _show_comparisons(output, tuning)
        return summarise_tuning(tuning, target if kept else None, listed=output.as_json)

    run_command("tune", act, shared)


def _build_budget(trial_count: int | None, minutes: float | None) -> "Budget":
    from credit_default.services.tuning.trials import Budget

    return Budget(trial_count, minutes * 60 if minutes else None)


def _find_target(out: str, *, replacing: bool) -> Path:
    from credit_default.adapters.host.given_paths import resolve_file
    from credit_default.services.tuning.winner_file import require_writable_target

    target = resolve_file(out, thing="--out")
    require_writable_target(target, replacing=replacing)
    return target


def _read_training_rows(
    output: Output,
    wiring: "Wiring",
    given: tuple[str | None, str | None, str | None],
    *,
    month: str | None,
) -> "TrainingRows":
    from credit_default.adapters.files.reading_options import ReadingOptions
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.training.training_rows import read_training_rows

    with output.step("reading and checking the statements"):
        return read_training_rows(
            wiring, month=month, read_at=read_clock(), options=ReadingOptions(*given)
        )


def _search(
    output: Output,
    wiring: "Wiring",
    training: "TrainingRows",
    budget: "Budget",
    *,
    with_families: bool,
) -> "TuningResult":
    from credit_default.services.tuning.tune import tune as search

    with _explain_interruption(), _show_progress(output, budget) as listener:
        return search(
            wiring,
            training,
            budget=budget,
            with_families=with_families,
            clock=monotonic,
            listener=listener,
        )


@contextmanager
def _explain_interruption() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(
            "credit-default tune: finished trials are kept; run the same command to continue\n"
        )
        raise


@contextmanager
def _show_progress(output: Output, budget: "Budget") -> Iterator["Listener"]:
    """Show a progress bar of the trials with the best loss; none with --quiet or --json."""
    from credit_default.services.tuning.tune import Listener

    if output.silent:
        yield Listener(lambda _trials: None, lambda _comparison: None)
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
            lambda comparison: progress.console.print(f"measured {comparison.name}"),
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
        f"searching: best log loss {min(losses):.5f}, {given_up} stopped early"
        if losses
        else "searching"
    )


def _build_command_line(settings: "Settings", *, trial_count: int) -> str:
    """Return the command that repeats the search; of a data file only the name, not the folder."""
    data = settings.data if settings.data in {"public", "simulated"} else Path(settings.data).name
    return f"credit-default tune --data {shlex.quote(data)} --trials {trial_count} --seed {settings.seed}"
