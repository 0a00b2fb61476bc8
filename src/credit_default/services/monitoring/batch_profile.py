"""One pass over a scored batch: every figure of its rows that monitoring compares, and a sample of them for pictures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.checking.duplicate_keys import Hashes, hash_keys
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.profile.column_counts import Profile, profile_frames, profile_rows
from credit_default.model.profile.plan import ProfilePlan, plan_profile


@dataclass(frozen=True, slots=True, eq=False)
class ProfiledBatch:
    """A batch and its model's reference, counted alike, and the rows of the batch that are drawn."""

    plan: ProfilePlan
    reference: Profile
    current: Profile
    sample: pl.DataFrame


def profile_batch(
    bundle: ModelBundle, frames: Iterable[pl.DataFrame], *, schema: Schema, chosen: Hashes
) -> ProfiledBatch:
    """The batch's profile beside that of the reference; `frames` are read once, of the `chosen` keys the rows are kept.

    Raises:
        InputError: the model has no reference, or no frame holds a row.
    """
    reference = bundle.reference
    if reference is None or reference.is_empty():
        raise InputError(
            "reference",
            found="none with the model",
            expected="scored rows that the model was not trained on",
            remedy="Train a model anew: its reference travels with it.",
        )
    plan = plan_profile(reference, schema=schema, decision_policy=bundle.decision_policy)
    kept: list[pl.DataFrame] = []
    current = profile_frames(plan, _collect_chosen(frames, chosen, kept))
    return ProfiledBatch(plan, profile_rows(plan, reference), current, pl.concat(kept))


def _collect_chosen(
    frames: Iterable[pl.DataFrame], chosen: Hashes, kept: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    for frame in frames:
        kept.append(frame.filter(pl.Series(np.isin(hash_keys(frame), chosen))))
        yield frame
