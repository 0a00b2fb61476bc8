"""Turn a version's rows into the samples that the battery judges: scores, bands, segments, variables and the scorecard's scores."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH, Schema
from credit_default.gates.validation.sample import ScoredSample
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import DECLINE, assign_bands, decide
from credit_default.model.evaluation.baselines import score_baselines
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.slices import label_groups
from credit_default.services.validation.version_rows import VersionRows

_PROBABILITY = "default_probability"


@dataclass(frozen=True, slots=True, eq=False)
class VersionSamples:
    """What is judged, and the development sample; None where it is not known."""

    sample: ScoredSample = field(repr=False)
    reference: ScoredSample | None = field(repr=False)


def build_version_samples(wiring: Wiring, bundle: ModelBundle, rows: VersionRows) -> VersionSamples:
    """Return both samples; segments are divided once for both, so that a label means the same in each.

    Args:
        wiring: The portfolio and the seed.
        bundle: The version's model, whose policy decides and names the bands.
        rows: The version's rows.
    """
    judged, development = rows.judged, rows.development
    segments = _label_segments(judged, development, schema=wiring.schema)
    sample = _build_sample(
        bundle, judged, segments={n: v[: judged.height] for n, v in segments.items()}
    )
    if development is None:
        return VersionSamples(sample, None)
    sample = replace(sample, benchmark_probability=_score_scorecard(wiring, bundle, rows))
    reference = _build_sample(
        bundle, development, segments={n: v[judged.height :] for n, v in segments.items()}
    )
    return VersionSamples(sample, reference)


def _label_segments(
    judged: pl.DataFrame, development: pl.DataFrame | None, *, schema: Schema
) -> dict[str, np.ndarray]:
    columns = [STATEMENT_MONTH, *(column.name for column in schema.inputs)]
    frames = [judged] if development is None else [judged, development]
    groups = label_groups(pl.concat([f.select(columns) for f in frames]), schema=schema)
    return {
        name: np.asarray(labels).astype(np.str_)
        for name, labels in groups.labels.items()
        if name != "month"  # the battery looks at months by itself
    }


def _build_sample(
    bundle: ModelBundle, rows: pl.DataFrame, *, segments: dict[str, np.ndarray]
) -> ScoredSample:
    probability = rows[_PROBABILITY].to_numpy().astype(np.float64)
    policy = bundle.decision_policy
    outcomes = rows[OUTCOME].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return ScoredSample(
        probability,
        defaulted=outcomes,
        band=assign_bands(probability, policy).astype(np.str_),
        band_order=tuple(band.name for band in policy.bands),
        month=rows[STATEMENT_MONTH].to_numpy().astype(np.str_),
        client_id=rows[CLIENT_ID].to_numpy().astype(np.str_) if CLIENT_ID in rows.columns else None,
        segments=segments,
        variables={
            name: rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in bundle.input_names
        },
        declined=decide(probability, policy) == DECLINE,
    )


def _score_scorecard(wiring: Wiring, bundle: ModelBundle, rows: VersionRows) -> np.ndarray:
    """Return the scorecard's probabilities of the judged rows; it is fitted on the same development rows."""
    assert rows.development is not None
    baselines = score_baselines(
        rows.development.drop(_PROBABILITY),
        rows.judged,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        include_protected=bundle.recipe.include_protected,
        seed=wiring.settings.seed,
    )
    return baselines[0].default_probability
