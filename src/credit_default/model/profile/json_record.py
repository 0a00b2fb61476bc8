"""A profile as plain values for `profile.json`, which outlives the rows.

Later months are compared with it (has a column repeated itself, value for value?), and the history
page is drawn from it.
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
    """Return the profile as JSON values: counts by bin, the bins' values or edges, and the moments.

    The last two counts of a column are those of values in no bin and of missing values.
    """
    return {
        "row_count": profile.row_count,
        "expected_default_share": profile.expected_default_share,
        "expected_cost": profile.expected_cost,
        "twin_share": profile.identical_share,
        "columns": {
            column.name: _describe_column(column, profile.columns[column.name])
            for column in plan.columns
        },
    }


def describe_reference_counts(profile: Profile) -> dict[str, Any]:
    """Return the reference's counts under the key `reference`, by the same bins as those of the batch beside it.

    Of a column its counts by class, and its mean.
    """
    return {
        "reference": {
            "row_count": profile.row_count,
            "columns": {
                name: {
                    "counts": column.counts.tolist(),
                    "mean": column.mean if isfinite(column.mean) else None,
                }
                for name, column in profile.columns.items()
            },
        }
    }


def parse_fingerprints(content: Mapping[str, Any]) -> dict[str, int]:
    """Return each column's fingerprint from the result of `describe_profile`.

    Raises:
        ArtifactError: content of another layout.
    """
    try:
        return {name: int(column["fingerprint"], 16) for name, column in content["columns"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _build_layout_error(error) from error


def parse_counts(content: Mapping[str, Any], plan: ProfilePlan) -> dict[str, Counts]:
    """Return each column's counts by class from the result of `describe_profile`.

    Only columns that this plan bins by the same values are returned.

    Raises:
        ArtifactError: content of another layout.
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
    if len(plan.bins.special):
        bins["special"] = plan.bins.special.tolist()
    figures = {"mean": profile.mean, "minimum": profile.minimum, "maximum": profile.maximum}
    return {
        **bins,
        "counts": profile.counts.tolist(),
        "zero_count": profile.zero_count,
        **{name: value if isfinite(value) else None for name, value in figures.items()},
        "fingerprint": f"{profile.fingerprint:016x}",
    }
