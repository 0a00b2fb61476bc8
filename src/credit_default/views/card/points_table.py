"""The tables by which a scorecard can be worked by hand, and the members of a blend with their weights."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.contract.value_meanings import NOT_STATED
from credit_default.model.estimator.bundle import ModelBundle, measure_feature_importance
from credit_default.model.families.blended_members import BlendedMembers
from credit_default.model.families.points_card import POINTS_PER_LOG_ODDS, PointsCard
from credit_default.model.features.declaration import Feature
from credit_default.views.card.format_figures import format_share
from credit_default.views.documents.document import Paragraph, Table

_POINTS: Final = (
    "The points of a client are those of the bin that each feature falls into, added up; more points "
    "are more risk. They start from {start:.2f}: at 0 points in all the odds of default are 1 to 1, "
    "and twenty points more double them. {calibration}Bins end with their upper value."
)
_CALIBRATED: Final = "The model's calibration line is applied to the log odds afterwards. "
_NAMED_CODES: Final = 3  # codes of a bin that are all named
_LEFT_OUT: Final = "Without points in any bin, and left out of the table: {}."


def build_parts_blocks(bundle: ModelBundle, schema: Schema) -> tuple[Paragraph | Table, ...]:
    """Return a scorecard's points, or a blend's members with their weights; nothing for others.

    The features of a scorecard come in the order of the spread of their points, the most important
    first, and their bins in the order of the values.
    """
    estimator = bundle.forest
    if isinstance(estimator, BlendedMembers):
        members = tuple(
            (family.noun, format_share(weight))
            for (family, _), weight in zip(
                estimator.list_members(), estimator.weights_.tolist(), strict=True
            )
        )
        return (Table(("member", "weight"), members),)
    if not isinstance(estimator, PointsCard):
        return ()
    silent = [
        name
        for name, points in zip(bundle.feature_names, estimator.points_, strict=True)
        if not points.any()
    ]
    introduction = _POINTS.format(
        start=estimator.intercept_ * POINTS_PER_LOG_ODDS,
        calibration=_CALIBRATED if bundle.calibration else "",
    )
    rows = tuple(
        row
        for name in measure_feature_importance(bundle)
        if name not in silent
        for row in _list_bins(bundle, name, schema)
    )
    heading = ("feature", "bin", "clients", "points")
    left_out = (Paragraph(_LEFT_OUT.format(", ".join(silent))),) if silent else ()
    return (Paragraph(introduction), Table(heading, rows, first_figure=2), *left_out)


def _list_bins(bundle: ModelBundle, name: str, schema: Schema) -> Iterator[tuple[str, ...]]:
    """Yield the rows of one feature; a bin that nobody can fall into is left out."""
    place = bundle.feature_names.index(name)
    card, feature = bundle.forest, next(f for f in bundle.features if f.name == name)
    edges, points, shares = card.edges_[place], card.points_[place], card.shares_[place]
    labels = [*_label_bins(edges.tolist(), column=_find_coded(feature, schema)), NOT_STATED]
    for label, share, value in zip(labels, shares.tolist(), points.tolist(), strict=True):
        if label != NOT_STATED or share or value:
            yield name, label, format_share(share), f"{value:+.2f}"


def _find_coded(feature: Feature, schema: Schema) -> Column | None:
    """Return the column of codes that the feature hands on as it is, if it does."""
    if feature.function != "raw":
        return None
    return next((c for c in schema.inputs if c.name == feature.columns[0] and c.codes), None)


def _label_bins(edges: list[float], *, column: Column | None) -> list[str]:
    ends = list(zip([-np.inf, *edges], [*edges, np.inf], strict=True))
    if column is not None:
        return [_name_codes(column, low, high) or _name_interval(low, high) for low, high in ends]
    return [_name_interval(low, high) for low, high in ends]


def _name_codes(column: Column, low: float, high: float) -> str:
    named = [meaning for code, meaning in sorted(column.codes.items()) if low < code <= high]
    return f"{named[0]} … {named[-1]}" if len(named) > _NAMED_CODES else ", ".join(named)


def _name_interval(low: float, high: float) -> str:
    if high == np.inf:
        return "all" if low == -np.inf else f"above {low:,.6g}"
    return f"up to {high:,.6g}" if low == -np.inf else f"{low:,.6g} to {high:,.6g}"
