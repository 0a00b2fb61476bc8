"""Prepare what both demos use: an emptied lake with the data, a Prefect server, and outcomes."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from credit_default.cli.demo import narration
from credit_default.cli.terminal.output import Output
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.services.simulation.demo_months import DemoData, DemoMonthFiles
    from credit_default.settings import Settings

DEMO_MARKER = ".credit-default-demo"
DATA_FOLDER = "rehearsal"


@contextmanager
def prepare_demo(
    output: Output, settings: "Settings", doing: str, write_data: "Callable[[Path], DemoData]"
) -> "Iterator[DemoData]":
    """Empty the demo's lake, write the data into it, and run the block on a Prefect server.

    The data are written while the server starts.

    Args:
        output: Where progress is shown.
        settings: The settings in force.
        doing: What writing the data is called, as in "getting the data".
        write_data: Writes the demo's files into the empty folder that it is given.

    Yields:
        The files that were written.

    Raises:
        InputError: The lake is a bucket, or a folder that the demo did not make.
    """
    lake = clear_lake(settings.lake)
    from credit_default.flows.server.ephemeral_server import run_on_server
    from credit_default.flows.server.session import (
        FLOW_MODULES,
        import_modules,
        start_session,
    )

    folder, wait = lake / DATA_FOLDER, settings.prefect.startup_seconds
    folder.mkdir()
    with ExitStack() as session:
        server = session.enter_context(start_session(settings))
        output.explain(narration.DATA)
        with output.step(doing) as found:
            data = write_data(folder)
            found(data.data_description)
        output.explain(narration.SERVERS)
        with output.step("starting Prefect"):
            import_modules(FLOW_MODULES)
            address = settings.prefect.api_url
            session.enter_context(run_on_server(server, api_url=address, timeout_seconds=wait))
        _compile_loops(output)
        yield data
        output.explain(narration.REPORTS)
        with output.step("drawing the reports that are left") as found:
            found(_draw_reports(settings))


def _compile_loops(output: Output) -> None:
    """Compile the loops over trees where nothing has done so yet, as in a wheel that was just installed."""
    from credit_default.adapters.kernel.compilation import ensure_compiled, is_compiled

    if is_compiled():
        return
    output.explain(narration.KERNEL)
    with output.step("compiling the loops over trees, once for this installation") as found:
        found("done" if ensure_compiled() else "not possible here: scoring takes longer")


def _draw_reports(settings: "Settings") -> str:
    """Wait for the process that draws beside the demo, draw what it left, and return what became of it."""
    from credit_default.flows.runs.context import read_commit
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.monitoring.owed_reports import draw_owed_reports

    found = draw_owed_reports(build_wiring(settings, commit=read_commit()), wait=True)
    return "; ".join(found.failed) or "all are drawn"


def ingest_demo_outcomes(settings: "Settings", months: "Sequence[DemoMonthFiles]") -> int:
    """Take in the outcomes of these months; return how many were new to the lake."""
    from credit_default.flows.runs.context import read_clock, read_commit
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.outcomes.take_in import ingest_outcomes_file

    wiring = build_wiring(settings, commit=read_commit())
    merged = [
        ingest_outcomes_file(wiring, str(month.outcomes), taken_in_at=read_clock())
        for month in months
    ]
    return sum(summary.counts["new"] for summary in merged)


def clear_lake(uri: str) -> Path:
    """Empty the demo's lake and return its folder.

    Raises:
        InputError: The lake is a bucket, or a folder with files that the demo did not make; nothing
            is removed.
    """
    if uri.startswith("s3://"):
        raise InputError(
            f"lake {uri}",
            found="a bucket",
            expected="a folder",
            remedy="The demo runs on this machine only: name a folder with --lake.",
        )
    from credit_default.adapters.host.atomic_files import disk_errors
    from credit_default.adapters.host.given_paths import resolve_folder

    root = resolve_folder(uri, thing="lake")
    with disk_errors(root):
        _require_own_lake(root)
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        (root / DEMO_MARKER).touch()
    return root


def _require_own_lake(root: Path) -> None:
    if (
        root.exists()
        and (not root.is_dir() or any(root.iterdir()))
        and not (root / DEMO_MARKER).exists()
    ):
        raise InputError(
            f"lake {root}",
            found="files that the demo did not make",
            expected="a folder that is new, or was made by the demo",
            remedy="Name another one with --lake, or remove this one yourself.",
        )
