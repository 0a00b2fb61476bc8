"""Scoring followed by monitoring, for one file or for all that wait: what `predict` and `monitor` do."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_default.cli.output import Output
from credit_default.cli.session import run_flow
from credit_default.errors import CreditDefaultError, InputError

if TYPE_CHECKING:
    from credit_default.settings import Settings
    from credit_default.views.summary import Summary

Common = Mapping[str, Any]


def score_batches(
    output: Output,
    settings: "Settings",
    *,
    batch: str | None,
    incoming: bool,
    out: Path | None,
    month: str | None,
    common: Common,
) -> "Summary":
    """What became of the batch, or of all that wait in `incoming`.

    Raises:
        InputError: neither or both were named, `--out` together with `--incoming` or with a place that takes no file,
            or a file that is no table of this portfolio; all of it before a server is started.
    """
    if (batch is None) != incoming or (incoming and out is not None):
        raise InputError(
            "predict", found="--incoming with a file or --out" if incoming else "neither a file nor --incoming",
            expected="one file, or --incoming alone", remedy="See `credit-default predict --help`.",
        )  # fmt: skip
    if out is not None:
        _refuse_place(out)
    if batch is not None:
        _refuse_header(settings, batch, month=month)
    from credit_default.flows.session import flow_session

    with flow_session(settings):
        if batch is not None:
            summary = _score_and_monitor(output, settings, batch, month=month, common=common)
            return summary if out is None else _hand_over(settings, summary, out)
        return _score_incoming(output, settings, month=month, common=common)


def monitor_batch(output: Output, settings: "Settings", *, batch_id: str | None, common: Common) -> "Summary":
    """What the monitors found in one batch; exit code 1 when one of them rang."""
    from credit_default.flows.session import flow_session

    with flow_session(settings), output.step("comparing the batch with its reference"):
        from credit_default.flows.monitor import monitor as flow

        summary = run_flow(flow, batch_id=batch_id, **common)
    return replace(summary, exit_code=int(any(not verdict.passed for verdict in summary.verdicts)))


def show_history(output: Output, settings: "Settings") -> "Summary":
    """How many findings there are so far, after a table of them for people."""
    from rich.console import Console

    from credit_default.adapters.lake import open_lake
    from credit_default.adapters.lake_tables import read_monitoring
    from credit_default.views.history import render_history, tell_findings
    from credit_default.views.summary import Summary

    findings = read_monitoring(open_lake(Path(settings.lake)))
    if not output.as_json:
        Console(highlight=False).print(render_history(findings))
    notes = tuple(tell_findings(findings)) if output.as_json else ()
    return Summary("monitor", "history", counts={"findings": findings.height}, notes=notes)


def _score_and_monitor(
    output: Output, settings: "Settings", batch: str, *, month: str | None, common: Common
) -> "Summary":
    with output.step(f"scoring {batch}") as found:
        from credit_default.flows.predict import predict as flow

        scored = run_flow(flow, batch=batch, month=month, **common)
        found(scored.status)
    if scored.run_id is None and (known := _recall(settings, scored)) is not None:
        return _join(scored, known)  # it was there already: nothing is done, and nothing drawn anew
    with output.step("comparing it with the reference") as found:
        from credit_default.flows.monitor import monitor

        monitored = run_flow(monitor, batch_id=scored.batch_id, model_version=scored.model_version, **common)
        found(monitored.status)
    return _join(scored, monitored)


def _refuse_place(out: Path) -> None:
    if out.suffix.lower() not in {".csv", ".parquet"} or not out.absolute().parent.is_dir():
        raise InputError(
            f"--out {out}", found="another ending, or no such folder", expected=".csv or .parquet in a folder that is there",
            remedy="Choose another place; nothing was scored.",
        )  # fmt: skip


def _refuse_header(settings: "Settings", batch: str, *, month: str | None) -> None:
    from credit_default.adapters.files import read_header
    from credit_default.services.wiring import read_portfolio

    read_header(Path(batch), schema=read_portfolio(settings.portfolio).schema, month=month)


def _recall(settings: "Settings", scored: "Summary") -> "Summary | None":
    from credit_default.adapters.lake import open_lake
    from credit_default.services.monitoring import recall_findings

    lake = open_lake(Path(settings.lake))
    return recall_findings(lake, batch_id=str(scored.batch_id), model_version=int(scored.model_version or 0))


def _join(scored: "Summary", monitored: "Summary") -> "Summary":
    return replace(
        scored,
        verdicts=(*scored.verdicts, *monitored.verdicts),
        figures={**scored.figures, **monitored.figures},
        paths={**scored.paths, **monitored.paths},
        notes=tuple(dict.fromkeys((*scored.notes, *monitored.notes))),
    )


def _hand_over(settings: "Settings", summary: "Summary", out: Path) -> "Summary":
    from credit_default.adapters.lake import open_lake
    from credit_default.services.prediction import hand_over

    written = hand_over(
        open_lake(Path(settings.lake)), batch_id=str(summary.batch_id), model_version=int(summary.model_version or 0),
        path=out,
    )  # fmt: skip
    return replace(summary, paths={**summary.paths, **written})


def _score_incoming(output: Output, settings: "Settings", *, month: str | None, common: Common) -> "Summary":
    from credit_default.adapters.lake import list_incoming, open_lake
    from credit_default.services.inbox import put_away_refused, put_away_scored
    from credit_default.views.summary import Summary

    lake = open_lake(Path(settings.lake))
    scored: list[Summary] = []
    refused: list[str] = []
    for path in list_incoming(lake):
        try:
            summary = _score_and_monitor(output, settings, str(path), month=month, common=common)
        except CreditDefaultError as error:
            if error.exit_code not in {1, 2} or error.thing.startswith(("champion", "--month", "portfolio")):
                raise
            put_away_refused(lake, path, error)
            refused.append(f"{path.name}: {error}")
            continue
        put_away_scored(lake, path, batch_id=str(summary.batch_id))
        scored.append(summary)
    return Summary(
        "predict", f"{len(scored)} scored, {len(refused)} refused", exit_code=1 if refused else 0,
        verdicts=tuple(verdict for summary in scored for verdict in summary.verdicts),
        counts={"scored": sum(s.counts.get("scored", 0) for s in scored),
                "quarantined": sum(s.counts.get("quarantined", 0) for s in scored)},
        notes=tuple(refused),
    )  # fmt: skip
