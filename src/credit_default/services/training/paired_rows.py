"""Pair the champion's probabilities with the challenger's on the same rows, with the slices that these are judged by."""

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, Schema
from credit_default.data.splitting import Split
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.model.estimator.digest import hash_row_keys
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.slices import label_groups


def pair_frozen(
    wiring: Wiring, rows: pl.DataFrame, champion: CurrentChampion, challenger: Challenger
) -> PairedScores:
    """Pair both models as they are on these rows."""
    old, new = (score_probability(model.bundle, rows) for model in (champion, challenger))
    return pair_predictions(wiring.schema, rows, old, new)


def pair_out_of_fold(
    wiring: Wiring,
    rows: pl.DataFrame,
    sides: Split,
    champion: CurrentChampion,
    challenger: Challenger,
) -> PairedScores:
    """Pair the champion with the challenger's forests that did not see the clients of these development rows."""
    assert challenger.out_of_fold is not None
    chosen = np.isin(hash_row_keys(sides.development), hash_row_keys(rows))
    old = score_probability(champion.bundle, rows)
    return pair_predictions(wiring.schema, rows, old, challenger.out_of_fold[chosen])


def pair_predictions(
    schema: Schema, rows: pl.DataFrame, old: np.ndarray, new: np.ndarray
) -> PairedScores:
    """Pair the probabilities `old` and `new` of these rows, in their order, with outcomes, slices and clients."""
    groups = label_groups(rows, schema=schema)
    return PairedScores(
        rows[OUTCOME].to_numpy(),
        old,
        new,
        groups=groups.labels,
        protected=groups.protected,
        clients=rows[CLIENT_ID].to_numpy(),
    )
