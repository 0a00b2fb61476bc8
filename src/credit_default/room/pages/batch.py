"""A batch's page, its charts as JSON, its rejected rows, and the ways to its pages elsewhere."""

from typing import Final

from starlette.responses import Response

from credit_default.errors import InputError
from credit_default.flows.deployments.server_runs import find_run_address
from credit_default.room.access.roles import Role
from credit_default.room.charts.batch_charts import draw_defaults, draw_distribution, draw_moves
from credit_default.room.charts.chart import Chart
from credit_default.room.serving.looker import build_looker
from credit_default.room.serving.rendering import redirect, render_json, render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.batches.batch_columns import DECISION, SCORE, build_distribution
from credit_default.services.batches.batch_detail import (
    BatchDetail,
    choose_key,
    describe_batch,
    find_mlflow_run_address,
)
from credit_default.services.batches.batch_list import parse_number
from credit_default.services.batches.figure_words import name_column
from credit_default.services.batches.rejected_rows import list_rejected, render_correction_file
from credit_default.services.overview.access_entries import record_look
from credit_default.services.overview.server_runs import build_run_tag

_COLUMN: Final = "column-"


def show_batch(visit: Visit) -> Response:
    """Return the batch's page, with the column that the address names or the one that moved most."""
    batch = _describe(visit)
    charts = _draw_charts(visit, batch)
    settings = visit.wiring.settings
    return render_page(
        visit,
        "batch.html",
        batch=batch,
        charts=charts,
        name_column=name_column,
        column=_choose_column(visit, batch),
        has_mlflow=bool(settings.mlflow.tracking_uri),
        has_prefect=bool(settings.prefect.api_url),
    )


def send_chart(visit: Visit) -> Response:
    """Return what one of the batch's charts is drawn from, as JSON."""
    batch, name = _describe(visit), visit.path["name"]
    chart = _draw_chart(visit, batch, name)
    if chart is None:
        raise InputError(
            f"chart {name[:64]!r}",
            found="none of that name",
            expected="moves, score, decision, defaults, or column- and a column's name",
            remedy="The batch's page links the JSON of each chart.",
        )
    return render_json(
        {
            "title": chart.title,
            "heading": list(chart.heading),
            "rows": [list(row) for row in chart.rows],
            "figure": chart.figure,
        }
    )


def show_rejected(visit: Visit) -> Response:
    """Return a page of the batch's rejected rows, each with the rules that it broke; the look is on record before."""
    batch_id = visit.path["batch_id"]
    number = parse_number(visit.query.get("page", "1"), thing="page")
    rejected = list_rejected(visit.wiring, batch_id, page=number)
    looker = build_looker(visit)
    record_look(visit.wiring.lake, looker, page="rejected rows", batch_id=batch_id)
    return render_page(visit, "rejected.html", batch_id=batch_id, rejected=rejected)


def send_correction_file(visit: Visit) -> Response:
    """Return the batch's rejected rows as a file to correct; that it was taken is on record before."""
    batch_id = visit.path["batch_id"]
    content = render_correction_file(visit.wiring, batch_id)
    looker = build_looker(visit)
    record_look(visit.wiring.lake, looker, page="rejected rows, as a file", batch_id=batch_id)
    name = f"to-correct-{batch_id}.csv"
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def go_to_mlflow(visit: Visit) -> Response:
    """Return the way to the batch's run on the MLflow server that the settings name."""
    key, _ = choose_key(visit.wiring, visit.path["batch_id"], model_version=_read_version(visit))
    return redirect(find_mlflow_run_address(visit.wiring, key))


def go_to_prefect(visit: Visit) -> Response:
    """Return the way to the batch's newest run on the Prefect server that the settings name."""
    batch_id, api_url = visit.path["batch_id"], visit.wiring.settings.prefect.api_url
    choose_key(visit.wiring, batch_id, model_version=None)
    address = find_run_address(api_url, tag=build_run_tag(batch_id)) if api_url else None
    if address is None:
        raise InputError(
            f"Prefect's run of batch {batch_id}",
            found="none on the server" if api_url else "no server in the settings",
            expected="a run that scored or monitored the batch",
            remedy="A command without a server runs its flow on a server of its own, which ends with it.",
        )
    return redirect(address)


def _describe(visit: Visit) -> BatchDetail:
    return describe_batch(visit.wiring, visit.path["batch_id"], model_version=_read_version(visit))


def _read_version(visit: Visit) -> int | None:
    text = visit.query.get("version", "")
    return parse_number(text, thing="version") if text else None


def _choose_column(visit: Visit, batch: BatchDetail) -> str:
    """Return the column to show: the one that is asked for, or else the input that moved most."""
    inputs = [move for move in batch.profile.moves if move.name not in {SCORE, DECISION}]
    if asked := visit.query.get("column", ""):
        return asked
    return max(inputs, key=lambda move: move.ratio).name if inputs else ""


def _draw_charts(visit: Visit, batch: BatchDetail) -> dict[str, Chart]:
    names = ("moves", "score", "decision", "defaults", f"{_COLUMN}{_choose_column(visit, batch)}")
    drawn = {name: _draw_chart(visit, batch, name) for name in names}
    return {
        "column" if name.startswith(_COLUMN) else name: chart
        for name, chart in drawn.items()
        if chart is not None
    }


def _draw_chart(visit: Visit, batch: BatchDetail, name: str) -> Chart | None:
    """Return the chart of that name; None where there is nothing to draw it from, or no chart has it."""
    if name == "defaults":
        return draw_defaults(batch.bands) if batch.bands else None
    if not batch.profile.moves:
        return None
    if name == "moves":
        return draw_moves(batch.profile.moves)
    own = {"score": (SCORE, "Scores"), "decision": (DECISION, "Decisions")}
    schema = visit.wiring.schema
    if name in own:
        column, title = own[name]
        return draw_distribution(
            build_distribution(batch.profile, schema, column), name=name, title=title
        )
    if not name.startswith(_COLUMN):
        return None
    return draw_distribution(build_distribution(batch.profile, schema, name.removeprefix(_COLUMN)))


_BATCH: Final = "/batches/{batch_id}"
ROUTES = (
    PageRoute(_BATCH, "batch", show_batch, Role.VIEWER),
    PageRoute(f"{_BATCH}/charts/{{name}}.json", "batch-chart", send_chart, Role.VIEWER),
    PageRoute(f"{_BATCH}/rejected", "batch-rejected", show_rejected, Role.ANALYST),
    PageRoute(f"{_BATCH}/rejected.csv", "batch-to-correct", send_correction_file, Role.ANALYST),
    PageRoute(f"{_BATCH}/mlflow", "batch-mlflow", go_to_mlflow, Role.VIEWER),
    PageRoute(f"{_BATCH}/prefect", "batch-prefect", go_to_prefect, Role.VIEWER),
)
