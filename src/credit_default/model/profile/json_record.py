"""A profile at rest: plain values for a JSON file, which stands beside the report and outlives the rows.

Later months are held against it (has a column come again, value for value?), and a page of the history is drawn from it.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from credit_default.errors import ArtifactError
from credit_default.model.profile.binning import Counts
from credit_default.model.profile.column_counts import ColumnProfile, Profile
from credit_default.model.profile.plan import ColumnPlan, ProfilePlan


def describe_profile(plan: ProfilePlan, profile: Profile) -> dict[str, Any]:
    """The profile as numbers, texts, lists and tables: counts by bin with the bins' values or edges, and the moments.

    The last two counts of a column are values that no bin knows, and missing ones.
    """
    return {
        "row_count": profile.row_count,
        "expected_default_share": profile.expected_default_share,
        "expected_cost": profile.expected_cost,
        "twin_share": profile.twin_share,
        "columns": {
            column.name: _describe_column(column, profile.columns[column.name])
            for column in plan.columns
        },
    }


def parse_fingerprints(content: Mapping[str, Any]) -> dict[str, int]:
    """Each column's fingerprint out of what `describe_profile` made. Raises `ArtifactError` when it is something else."""
    try:
        return {name: int(column["fingerprint"], 16) for name, column in content["columns"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _build_layout_error(error) from error


def parse_counts(content: Mapping[str, Any], plan: ProfilePlan) -> dict[str, Counts]:
    """Each column's counts by class out of what `describe_profile` made, of columns that this plan bins by the same values.

    Raises `ArtifactError` when it is something else.
    """
    try:
        found = content["columns"]
        same = [
            c.name
            for c in plan.columns
            if found.get(c.name, {}).get("values") == c.bins.values.tolist()
        ]
        return {name: np.array(found[name]["counts"], dtype=np.int64) for name in same}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _build_layout_error(error) from error


def _build_layout_error(error: Exception) -> ArtifactError:
    return ArtifactError(
        "profile of an earlier batch",
        found=f"another layout ({type(error).__name__}: {error})",
        expected="profile.json as `monitor` writes it",
        remedy="Monitor that batch again.",
    )


def _describe_column(plan: ColumnPlan, profile: ColumnProfile) -> dict[str, Any]:
    bins = (
        {"values": plan.bins.values.tolist()}
        if len(plan.bins.values)
        else {"edges": plan.bins.edges.tolist()}
    )
    figures = {"mean": profile.mean, "minimum": profile.minimum, "maximum": profile.maximum}
    return {
        **bins,
        "counts": profile.counts.tolist(),
        "zero_count": profile.zero_count,
        **{name: value if isfinite(value) else None for name, value in figures.items()},
        "fingerprint": f"{profile.fingerprint:016x}",
    }
