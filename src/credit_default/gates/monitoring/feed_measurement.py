"""From two profiles to what the feed gate looks at: each input of a batch beside the reference's."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from credit_default.data.contract.schema import Column, Schema
from credit_default.gates.monitoring.feed import ColumnState
from credit_default.model.profile.binning import Bins, Counts
from credit_default.model.profile.column_counts import ColumnProfile, Profile, measure_magnitude
from credit_default.model.profile.drift_distances import measure_population_stability_index
from credit_default.model.profile.plan import ColumnPlan, ProfilePlan
from credit_default.model.profile.two_sample_p_values import measure_homogeneity_p_value

_TAIL_SHARE: Final = 0.05  # of the reference's values other than 0, at either end
_MEDIAN_SHARE: Final = 0.5
_LOWEST_MIX_P_VALUE: Final = (
    0.01  # less likely than that by chance: the other codes have shifted among themselves
)


def measure_feed(
    plan: ProfilePlan,
    reference: Profile,
    current: Profile,
    *,
    schema: Schema,
    fingerprints: Mapping[str, int] | None = None,
    counts: Mapping[str, Counts] | None = None,
) -> tuple[ColumnState, ...]:
    """The state of every input, in the schema's order.

    `fingerprints` and `counts` (by class) are those of the batch of the month before. Only figures that change with the
    month (those with a month before in the same row) can be stale: sex and limit are the same again. Only codes without
    a history are held against the month before by their mix: who the clients are does not change in a month.
    """
    known = fingerprints or {}
    earlier, standing = counts or {}, _list_static_codes(schema, plan)
    return tuple(
        _measure_column(
            column,
            column_plan,
            reference.columns[column.name],
            current.columns[column.name],
            stale_fingerprint=known.get(column.name),
            earlier=earlier.get(column.name),
            standing=column.name in standing,
        )
        for column, column_plan in zip(schema.inputs, plan.inputs, strict=True)
    )


def _measure_column(
    column: Column,
    plan: ColumnPlan,
    reference: ColumnProfile,
    current: ColumnProfile,
    *,
    stale_fingerprint: int | None,
    earlier: Counts | None,
    standing: bool,
) -> ColumnState:
    row_count = int(current.counts.sum())
    new = (reference.counts == 0) & (current.counts > 0)
    new[-1] = False
    is_amount = column.kind == "amount"
    comparable = (
        earlier is not None and earlier.shape == current.counts.shape and bool(earlier.sum())
    )
    before = earlier if earlier is not None and comparable and column.codes else None
    mix, chance = _measure_mix(before, current) if standing else (0.0, 1.0)
    filled_code, filled_share = _find_filled_in_code(plan.bins, before, current)
    low, high = _measure_tails(reference, current) if is_amount else (0.0, 0.0)
    return ColumnState(
        column=column.name,
        missing_share=current.missing_count / row_count,
        new_codes=tuple(_format_values(plan.bins, new)) if column.codes else (),
        new_share=float(current.counts[new].sum()) / row_count if column.codes else 0.0,
        is_constant=current.minimum == current.maximum and reference.minimum < reference.maximum,
        is_stale=plan.previous_month_column is not None
        and current.fingerprint == stale_fingerprint,
        repeat_share=_measure_repeat_share(column, current),
        reference_repeat_share=_measure_repeat_share(column, reference),
        low_tail_share=low,
        high_tail_share=high,
        scale=_measure_scale(reference, current) if is_amount else 1.0,
        mix_shift=mix,
        mix_chance=chance,
        filled_code=filled_code,
        filled_share=filled_share,
    )


def _list_static_codes(schema: Schema, plan: ProfilePlan) -> set[str]:
    """The codes that a client has once, and not month by month."""
    monthly = {
        name
        for column in plan.inputs
        if column.previous_month_column
        for name in (column.name, column.previous_month_column)
    }
    return {column.name for column in schema.inputs if column.codes} - monthly


def _measure_mix(earlier: Counts | None, current: ColumnProfile) -> tuple[float, float]:
    """How far (psi) the mix of codes is from that of the month before, and how likely by chance; 0 and 1 without one."""
    if earlier is None:
        return 0.0, 1.0
    return measure_population_stability_index(earlier, current.counts), measure_homogeneity_p_value(
        earlier, current.counts
    )


def _find_filled_in_code(
    bins: Bins, earlier: Counts | None, current: ColumnProfile
) -> tuple[str, float]:
    """The code that took rows of all others alike, and the share of theirs that it took; "" and 0 where none did.

    Real change shifts the others among themselves; a default value that is filled in leaves their mix as it was.
    """
    if earlier is None or current.counts.sum() == current.counts.max():
        return "", 0.0
    gains = current.counts / current.counts.sum() - earlier / earlier.sum()
    code = int(np.argmax(gains[: bins.bin_count]))
    others = [np.delete(side, code) for side in (earlier, current.counts)]
    shares = [
        int(rest.sum()) / int(side.sum())
        for rest, side in zip(others, (earlier, current.counts), strict=True)
    ]
    if not shares[0] or measure_homogeneity_p_value(others[0], others[1]) < _LOWEST_MIX_P_VALUE:
        return "", 0.0
    return f"{bins.values[code]:,.6g}", max(0.0, 1 - shares[1] / shares[0])


def _format_values(
    bins: Bins, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> list[str]:
    names = [f"{value:,.6g}" for value in bins.values] + ["a value of no code"]
    return [name for name, is_chosen in zip(names, chosen[:-1].tolist(), strict=True) if is_chosen]


def _measure_repeat_share(column: Column, side: ColumnProfile) -> float:
    # Codes are few, so most clients repeat theirs; an amount of the month before to the dollar is an oddity.
    return side.repeat_count / int(side.counts.sum()) if column.kind == "amount" else 0.0


def _measure_tails(reference: ColumnProfile, current: ColumnProfile) -> tuple[float, float]:
    """How much more of the current values are smaller, and larger, than nearly all of the reference's: shares, of rows."""
    before, after = (np.cumsum(side.magnitudes) for side in (reference, current))
    if not before[-1] or not after[-1]:
        return 0.0, 0.0
    low, high = (
        int(np.searchsorted(before, share * before[-1])) for share in (_TAIL_SHARE, 1 - _TAIL_SHARE)
    )
    gaps = [
        _measure_share_below(current, after, step) - _measure_share_below(reference, before, step)
        for step in (low, high + 1)
    ]
    return max(0.0, gaps[0]), max(0.0, -gaps[1])


def _measure_share_below(
    side: ColumnProfile, cumulated: np.ndarray[tuple[int, ...], np.dtype[np.int64]], step: int
) -> float:
    return float(cumulated[step - 1]) / int(side.counts.sum()) if step else 0.0


def _measure_scale(reference: ColumnProfile, current: ColumnProfile) -> float:
    octaves = measure_magnitude(current, _MEDIAN_SHARE) - measure_magnitude(
        reference, _MEDIAN_SHARE
    )
    return float(2**octaves) if np.isfinite(octaves) else 1.0
