"""Compare two versions on the batches that both scored, live or in the shadow (`models compare`)."""

import datetime as dt
import logging

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import list_snapshots
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import CLIENT_ID
from credit_default.errors import InputError
from credit_default.model.comparison.swap_set import measure_swap_set
from credit_default.model.comparison.version_difference import (
    Difference,
    Level,
    measure_differences,
    measure_level,
)
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.comparison.learned_months import find_last_learned_month
from credit_default.services.comparison.paired_rows import PairedRows, read_paired_rows
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.shadow_scores import score_version_in_shadow
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.version_comparison import (
    VersionComparison,
    list_comparison_figures,
)

_LOG = logging.getLogger(__name__)


def compare_versions(
    wiring: Wiring, first: int, second: int, *, now: dt.datetime
) -> VersionComparison:
    """Return who changes side between the two versions, and which is better where outcomes count.

    Each version decides at its own threshold; costs are those of the settings.

    Raises:
        InputError: It is one version twice, one of them does not exist, or no batch was scored by
            both of them.
        ArtifactError: A version's artifact is not the one on record.
    """
    _require_two_versions(first, second)
    bundles = _load_bundle(wiring, first), _load_bundle(wiring, second)
    paired = read_paired_rows(
        wiring.lake,
        (first, second),
        bundles=bundles,
        coverage=wiring.settings.coverage,
        now=now,
    )
    if paired.frame.is_empty():
        raise _build_nothing_in_common_error(first, second, paired.learned_count)
    thresholds = tuple(bundle.decision_policy.threshold for bundle in bundles)
    _LOG.info("compared versions first=%d second=%d", first, second)
    return _measure(
        wiring,
        (first, second),
        paired,
        thresholds=(thresholds[0], thresholds[1]),
        last_learned=max(find_last_learned_month(wiring.lake, bundle) for bundle in bundles),
    )


def fill_shadow_scores(wiring: Wiring, first: int, second: int, *, scored_at: dt.datetime) -> int:
    """Score in the shadow what one of the two versions has not scored yet of all scored batches.

    Idempotent: a batch that a version has scored, live or in the shadow, is left as it is. Return how
    many batches were scored.

    Raises:
        InputError: It is one version twice, or one of them does not exist.
        RefusedError: One of them cannot score this portfolio's batches, by its structure.
    """
    _require_two_versions(first, second)
    versions = [wiring.registry.find_version(number) for number in (first, second)]
    scored = _list_scored(wiring.lake)
    batches = sorted({batch_id for batch_id, _ in scored})
    snapshots = {s.digest: s for s in list_snapshots(wiring.lake)}
    missing = [
        (snapshots[batch_id], version)
        for batch_id in batches
        for version in versions
        if (batch_id, version.number) not in scored and batch_id in snapshots
    ]
    for snapshot, version in missing:
        score_version_in_shadow(wiring, snapshot, version, scored_at=scored_at)
    return len(missing)


def summarise_comparison(found: VersionComparison, *, filled_count: int = 0) -> Summary:
    """Return the comparison as a summary: rows, months, every figure, and what was left out."""
    return Summary(
        "models compare",
        f"version {found.second} against version {found.first}",
        counts={
            "scored by both": found.row_count,
            "batches": found.batch_count,
            "outcomes known": found.known_count,
        },
        figures=list_comparison_figures(found),
        notes=tuple(_list_notes(found, filled_count)),
    )


def _list_notes(found: VersionComparison, filled_count: int) -> list[str]:
    notes = [f"scored by both: {found.months[0]} to {found.months[-1]}"]
    if filled_count:
        notes.append(f"{filled_count} scorings were added in the shadow by --fill")
    if found.later_months:
        later = ", ".join(found.later_months)
        notes.append(f"out of time, after the last month that either learned from: {later}")
    else:
        notes.append("no month is later than all months that both versions learned from")
    if found.learned_count:
        notes.append(
            f"{found.learned_count:,} rows that one of the versions learned from are left out"
        )
    notes += [
        f"the outcomes of {month} do not count yet: {share:.0%} are known"
        for month, share in found.incomplete.items()
    ]
    if not found.known_count:
        notes.append("no outcome counts yet: give them with `credit-default outcomes FILE`")
    return notes


def _require_two_versions(first: int, second: int) -> None:
    if first == second:
        raise InputError(
            "models compare",
            found=f"version {first} twice",
            expected="two versions",
            remedy="`credit-default models show` lists them.",
        )


def _load_bundle(wiring: Wiring, number: int) -> ModelBundle:
    return wiring.registry.load_version(wiring.registry.find_version(number))


def _build_nothing_in_common_error(first: int, second: int, learned_count: int) -> InputError:
    found = "no batch that both scored"
    if learned_count:
        found = f"only {learned_count:,} rows that one of them learned from"
    return InputError(
        f"versions {first} and {second}",
        found=found,
        expected="statements that both scored, live or in the shadow",
        remedy=(
            f"`credit-default models compare {first} {second} --fill` scores what is missing in the "
            "shadow, from the statements that the lake keeps."
        ),
    )


def _measure(
    wiring: Wiring,
    versions: tuple[int, int],
    paired: PairedRows,
    *,
    thresholds: tuple[float, float],
    last_learned: str,
) -> VersionComparison:
    frame = paired.frame
    known_count = paired.known.height
    differences: dict[str, Difference] = {}
    levels: tuple[Level, Level] | None = None
    if known_count:
        rows = paired.pair_outcomes()
        differences = measure_differences(
            rows,
            first_threshold=thresholds[0],
            second_threshold=thresholds[1],
            costs=wiring.settings.decision,
        )
        levels = (
            measure_level(rows.defaulted, rows.first, clients=rows.clients),
            measure_level(rows.defaulted, rows.second, clients=rows.clients),
        )
    return VersionComparison(
        first=versions[0],
        second=versions[1],
        thresholds=thresholds,
        batch_count=frame["batch_id"].n_unique(),
        row_count=frame.height,
        months=paired.months,
        later_months=tuple(month for month in paired.months if month > last_learned),
        incomplete=paired.incomplete,
        learned_count=paired.learned_count,
        swap_set=measure_swap_set(
            frame["first"].to_numpy(),
            frame["second"].to_numpy(),
            first_threshold=thresholds[0],
            second_threshold=thresholds[1],
            outcome=frame["outcome"].to_numpy(),
            clients=frame[CLIENT_ID].to_numpy(),
        ),
        known_count=known_count,
        differences=differences,
        levels=levels,
    )


def _list_scored(lake: Lake) -> frozenset[tuple[str, int]]:
    """Return the batch and version of each scoring, live or in the shadow."""
    pairs = [
        collect_rows(lake, scan_table(lake, name).select("batch_id", "model_version").unique())
        for name in ("scores", "shadow_scores")
    ]
    return frozenset(pair for frame in pairs for pair in frame.iter_rows())
