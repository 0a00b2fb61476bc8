"""How often people override the model, and how those clients turned out, by model version and direction."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.gates.governance.override import Override
from credit_default.model.evaluation.intervals import measure_share
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.overrides import list_overrides_in_force
from credit_default.services.outcomes.coverage import is_early, is_mature
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.overrides import OverrideRow, format_override_lines

_SCORED_KEY = ("batch_id", "model_version", *KEY)


def measure_overrides(
    wiring: Wiring, *, now: dt.datetime, batch_id: str | None = None
) -> tuple[OverrideRow, ...]:
    """Return a row for each model version and direction that has overrides, in that order.

    Outcomes count only where they are not early and their month is mature: defaults become known
    before it is known who pays.
    """
    overrides = list_overrides_in_force(wiring, batch_id=batch_id)
    if not overrides:
        return ()
    scored = count_scored(wiring, batch_id)
    rows = _join_outcomes(wiring, overrides, now=now)
    groups = rows.group_by("model_version", "scored_decision", "decision", maintain_order=True)
    return tuple(
        _measure(int(version), str(old), str(new), group, scored_count=scored[int(version)])
        for (version, old, new), group in groups
    )


def _measure(
    version: int, old: str, new: str, group: pl.DataFrame, *, scored_count: int
) -> OverrideRow:
    known = group.drop_nulls(OUTCOME)
    defaults = int(known[OUTCOME].sum())
    return OverrideRow(
        model_version=version,
        scored_decision=old,
        decision=new,
        count=group.height,
        share=measure_share(group.height, scored_count),
        expected_default_share=float(group["default_probability"].to_numpy().mean()),
        known_count=known.height,
        default_count=defaults,
        expected_default_count=float(known["default_probability"].to_numpy().sum()),
        default_share=measure_share(defaults, known.height) if known.height else None,
    )


def count_scored(wiring: Wiring, batch_id: str | None) -> dict[int, int]:
    """Return how many rows each model version scored, of one batch or of all (None)."""
    scores = scan_table(wiring.lake, "scores")
    own = scores if batch_id is None else scores.filter(batch_id=batch_id)
    return dict(collect_rows(wiring.lake, own.group_by("model_version").len()).iter_rows())


def _join_outcomes(
    wiring: Wiring, overrides: Sequence[Override], *, now: dt.datetime
) -> pl.DataFrame:
    """Return a row for each override with the client's probability and outcome (null where it does not count yet)."""
    columns = (*_SCORED_KEY, "scored_decision", "decision")
    rows = pl.DataFrame([{name: getattr(one, name) for name in columns} for one in overrides])
    mature = [month for month in rows[STATEMENT_MONTH].unique() if is_mature(month, now=now)]
    outcomes = (
        scan_table(wiring.lake, "outcomes")
        .filter(~is_early(), pl.col(STATEMENT_MONTH).is_in(mature))
        .select(*KEY, OUTCOME)
    )
    scores = scan_table(wiring.lake, "scores").select(*_SCORED_KEY, "default_probability")
    joined = rows.lazy().join(scores, on=list(_SCORED_KEY), how="inner")
    return collect_rows(
        wiring.lake,
        joined.join(outcomes, on=list(KEY), how="left").sort(
            "model_version", "scored_decision", "decision", *KEY
        ),
    )


def summarise_overrides(
    rows: Sequence[OverrideRow], *, batch_id: str | None, listed: bool
) -> Summary:
    """Return how many decisions are overridden, with a note for each version and direction where `listed`."""
    return Summary(
        "decisions show",
        f"{sum(row.count for row in rows):,} overridden" if rows else "none overridden",
        batch_id=batch_id,
        counts={
            "overridden": sum(row.count for row in rows),
            "outcomes known": sum(row.known_count for row in rows),
            "defaulted": sum(row.default_count for row in rows),
        },
        notes=format_override_lines(rows) if listed else (),
    )
