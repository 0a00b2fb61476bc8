"""Count a scored batch in one pass: the figures that monitoring compares, and a sample of rows for charts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.checking.duplicate_keys import Hashes, hash_keys
from credit_default.data.contract.schema import STATEMENT_MONTH, Schema
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.profile.column_counts import Profile, profile_frames, profile_rows
from credit_default.model.profile.plan import ProfilePlan, plan_profile


@dataclass(frozen=True, slots=True, eq=False)
class ProfiledBatch:
    """The profiles of a batch and of its model's reference, counted by the same plan."""

    plan: ProfilePlan
    reference: Profile
    current: Profile
    sample: pl.DataFrame  # rows of the batch that the charts are drawn from


def profile_batch(
    bundle: ModelBundle, frames: Iterable[pl.DataFrame], *, schema: Schema, chosen: Hashes
) -> ProfiledBatch:
    """Return the batch's profile beside the profile of the reference.

    Args:
        bundle: The model, with its reference.
        frames: The scored rows, read once.
        schema: The portfolio's schema.
        chosen: The key hashes of the rows to keep as the sample.

    Raises:
        InputError: The model has no reference, or no frame holds a row.
    """
    reference = bundle.reference
    if reference is None or reference.is_empty():
        raise _build_reference_error()
    plan = plan_profile(reference, schema=schema, decision_policy=bundle.decision_policy)
    kept: list[pl.DataFrame] = []
    current = profile_frames(plan, _collect_chosen(frames, chosen, kept))
    return ProfiledBatch(plan, profile_rows(plan, reference), current, pl.concat(kept))


def describe_reference(bundle: ModelBundle) -> str:
    """Return the rows that the model's batches are compared with, in words: how many, of which months.

    Raises:
        InputError: The model has no reference.
    """
    reference = bundle.reference
    if reference is None or reference.is_empty():
        raise _build_reference_error()
    found = [str(month) for month in reference[STATEMENT_MONTH].unique().sort()]
    months = found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"
    return f"{reference.height:,} test rows of {months}"


def _build_reference_error() -> InputError:
    return InputError(
        "reference",
        found="none with the model",
        expected="scored rows that the model was not trained on",
        remedy="Train a model again: its reference is stored with it.",
    )


def choose_rows(frames: Iterable[pl.DataFrame], chosen: Hashes) -> Iterator[pl.DataFrame]:
    """Yield of each frame the rows whose key hashes are among the chosen ones."""
    for frame in frames:
        yield frame.filter(pl.Series(np.isin(hash_keys(frame), chosen)))


def _collect_chosen(
    frames: Iterable[pl.DataFrame], chosen: Hashes, kept: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield the frames unchanged, and append their chosen rows to `kept`."""
    for frame in frames:
        kept.extend(choose_rows([frame], chosen))
        yield frame
