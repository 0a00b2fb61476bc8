"""Measure what the gate `feed` judges: each input beside the reference and the month before."""

from collections.abc import Mapping
from dataclasses import dataclass
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
# Below it, the other codes have shifted among themselves, so that none was merely filled in.
_LOWEST_MIX_P_VALUE: Final = 0.01


@dataclass(frozen=True, slots=True)
class _Mix:
    """The shift of a column's codes against the month before."""

    shift: float = 0.0  # psi
    p_value: float = 1.0  # of that shift, by chance


@dataclass(frozen=True, slots=True)
class _FilledInCode:
    """A code that took rows of all other codes alike."""

    code: str = ""  # "" where none did
    share: float = 0.0  # of the rows of the other codes


@dataclass(frozen=True, slots=True)
class _Tails:
    """How many more values than in the reference are at either end; shares of the rows."""

    low_share: float = 0.0
    high_share: float = 0.0


def measure_feed(
    plan: ProfilePlan,
    reference: Profile,
    current: Profile,
    *,
    schema: Schema,
    fingerprints: Mapping[str, int] | None = None,
    counts: Mapping[str, Counts] | None = None,
) -> tuple[ColumnState, ...]:
    """Measure the state of every input, in the schema's order.

    Only columns that change with the month (those with a month before in the same row) can be
    stale: sex and credit limit are rightly the same again. Only static codes, which have no history
    in the row, are compared with the month before by their mix: who the clients are does not change
    within a month.

    Args:
        plan: How both profiles count.
        reference: The profile of the model's reference.
        current: The profile of the batch.
        schema: The inputs and their kinds.
        fingerprints: Of each column in the batch of the month before; None where there is none.
        counts: Of each column by class in the batch of the month before; None where there is none.
    """
    known, earlier = fingerprints or {}, counts or {}
    static = _list_static_codes(schema, plan)
    return tuple(
        _measure_column(
            column,
            column_plan,
            reference.columns[column.name],
            current.columns[column.name],
            stale_fingerprint=known.get(column.name),
            earlier=earlier.get(column.name),
            is_static=column.name in static,
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
    is_static: bool,
) -> ColumnState:
    row_count = int(current.counts.sum())
    new = (reference.counts == 0) & (current.counts > 0)
    new[-1] = False
    is_amount = column.kind == "amount"
    before = _find_comparable_counts(column, current, earlier)
    mix = _measure_mix(before, current) if is_static else _Mix()
    filled_in = _find_filled_in_code(plan.bins, before, current)
    tails = _measure_tails(reference, current) if is_amount else _Tails()
    return ColumnState(
        column=column.name,
        missing_share=current.missing_count / row_count,
        reference_missing_share=_measure_usual_missing_share(column, reference),
        new_codes=tuple(_format_values(plan.bins, new)) if column.codes else (),
        new_share=float(current.counts[new].sum()) / row_count if column.codes else 0.0,
        is_constant=current.minimum == current.maximum and reference.minimum < reference.maximum,
        is_stale=plan.previous_month_column is not None
        and current.fingerprint == stale_fingerprint,
        repeat_share=_measure_repeat_share(column, current),
        reference_repeat_share=_measure_repeat_share(column, reference),
        low_tail_share=tails.low_share,
        high_tail_share=tails.high_share,
        scale=_measure_scale(reference, current) if is_amount else 1.0,
        mix_shift=mix.shift,
        mix_p_value=mix.p_value,
        filled_in_code=filled_in.code,
        filled_in_share=filled_in.share,
    )


def _measure_usual_missing_share(column: Column, reference: ColumnProfile) -> float:
    if not column.optional:
        return 0.0
    # A value never missing in n rows may still be missing in 3 / n of all (the rule of three).
    return max(reference.missing_count, 3) / int(reference.counts.sum())


def _find_comparable_counts(
    column: Column, current: ColumnProfile, earlier: Counts | None
) -> Counts | None:
    """Return the counts of the month before, or None where they cannot be compared."""
    if earlier is None or not column.codes:
        return None
    is_comparable = earlier.shape == current.counts.shape and bool(earlier.sum())
    return earlier if is_comparable else None


def _list_static_codes(schema: Schema, plan: ProfilePlan) -> set[str]:
    """Return the code columns that a client has once, and not month by month."""
    monthly = {
        name
        for column in plan.inputs
        if column.previous_month_column
        for name in (column.name, column.previous_month_column)
    }
    return {column.name for column in schema.inputs if column.codes} - monthly


def _measure_mix(earlier: Counts | None, current: ColumnProfile) -> _Mix:
    if earlier is None:
        return _Mix()
    return _Mix(
        measure_population_stability_index(earlier, current.counts),
        measure_homogeneity_p_value(earlier, current.counts),
    )


def _find_filled_in_code(
    bins: Bins, earlier: Counts | None, current: ColumnProfile
) -> _FilledInCode:
    """Return the code that took rows of all others alike since the month before.

    A real change shifts the others among themselves; a default value that is filled in leaves their
    mix as it was.
    """
    if earlier is None or current.counts.sum() == current.counts.max():
        return _FilledInCode()
    gains = current.counts / current.counts.sum() - earlier / earlier.sum()
    code = int(np.argmax(gains[: bins.bin_count]))
    others = [np.delete(side, code) for side in (earlier, current.counts)]
    shares = [
        int(rest.sum()) / int(side.sum())
        for rest, side in zip(others, (earlier, current.counts), strict=True)
    ]
    if not shares[0] or measure_homogeneity_p_value(others[0], others[1]) < _LOWEST_MIX_P_VALUE:
        return _FilledInCode()
    return _FilledInCode(f"{bins.values[code]:,.6g}", max(0.0, 1 - shares[1] / shares[0]))


def _format_values(
    bins: Bins, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> list[str]:
    names = [f"{value:,.6g}" for value in bins.values] + ["a value of no code"]
    return [name for name, is_chosen in zip(names, chosen[:-1].tolist(), strict=True) if is_chosen]


def _measure_repeat_share(column: Column, side: ColumnProfile) -> float:
    # Codes are few, so most clients repeat theirs; an amount that is equal to the dollar is unusual.
    return side.repeat_count / int(side.counts.sum()) if column.kind == "amount" else 0.0


def _measure_tails(reference: ColumnProfile, current: ColumnProfile) -> _Tails:
    """Measure how many more values are below, or above, nearly all of the reference's."""
    before, after = (np.cumsum(side.magnitudes) for side in (reference, current))
    if not before[-1] or not after[-1]:
        return _Tails()
    low, high = (
        int(np.searchsorted(before, share * before[-1])) for share in (_TAIL_SHARE, 1 - _TAIL_SHARE)
    )
    gaps = [
        _measure_share_below(current, after, step) - _measure_share_below(reference, before, step)
        for step in (low, high + 1)
    ]
    return _Tails(max(0.0, gaps[0]), max(0.0, -gaps[1]))


def _measure_share_below(
    side: ColumnProfile, cumulated: np.ndarray[tuple[int, ...], np.dtype[np.int64]], step: int
) -> float:
    return float(cumulated[step - 1]) / side.number_count if step else 0.0


def _measure_scale(reference: ColumnProfile, current: ColumnProfile) -> float:
    octaves = measure_magnitude(current, _MEDIAN_SHARE) - measure_magnitude(
        reference, _MEDIAN_SHARE
    )
    return float(2**octaves) if np.isfinite(octaves) else 1.0
