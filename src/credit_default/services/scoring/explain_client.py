"""Explain one client's score from the row, the model and the decision that the lake keeps."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH, Schema
from credit_default.data.contract.value_meanings import describe_value
from credit_default.errors import ArtifactError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import DECLINE
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.explanation.actionable_changes import derive_levers
from credit_default.model.explanation.counterfactuals import Counterfactual, find_counterfactuals
from credit_default.model.explanation.reason_codes import (
    PROTECTED_CONCEPT,
    ReasonFinder,
    build_reason_finder,
)
from credit_default.model.families.find_family import find_family
from credit_default.services.champion.first_look import load_version
from credit_default.services.context.wiring import Portfolio, Wiring, require_same_portfolio
from credit_default.services.scoring.client_scores import find_client_score
from credit_default.views.terminal.explanation import (
    ClientExplanation,
    Contribution,
    CounterfactualLine,
    InputLine,
)

_LOG = logging.getLogger(__name__)


def explain_client(wiring: Wiring, batch_id: str, client_id: str) -> ClientExplanation:
    """Explain the score of the client's newest statement in the batch, under the newest version that scored it.

    The score is computed again first: an explanation is given only of the score that is on record.
    Reasons and changes that would lead to another decision are given for declined clients only.

    Raises:
        InputError: The batch was never scored, has no such client, or is of another portfolio.
        ArtifactError: The rows or the model are not those on record, or give another score.
    """
    score = find_client_score(wiring.lake, batch_id, client_id)
    client_id = score[CLIENT_ID]
    version = int(score["model_version"])
    bundle = load_version(wiring, version)
    require_same_portfolio(wiring.schema, bundle.schema_name, thing=f"batch {batch_id}")
    row = _find_row(wiring.lake, batch_id, client_id, month=score[STATEMENT_MONTH])
    _check_score(bundle, row, score)
    finder = build_reason_finder(bundle, wiring.portfolio.reasons, schema=wiring.schema)
    explanation = finder.explainer.explain(row)
    declined = score["decision"] == DECLINE
    changes = _find_alternatives(wiring.portfolio, finder, row) if declined else ()
    _LOG.info("explained a score batch_id=%s model_version=%d", batch_id, version)
    return ClientExplanation(
        client_id=client_id,
        statement_month=score[STATEMENT_MONTH],
        batch_id=batch_id,
        model_version=version,
        default_probability=score["default_probability"],
        forest_probability=float(explanation.probability[0]),
        threshold=bundle.decision_policy.threshold,
        decision=score["decision"],
        risk_band=score["risk_band"],
        reasons=tuple(finder.select_reasons(explanation, row)[0]) if declined else (),
        base_probability=explanation.base_probability,
        method=finder.explainer.describe_method(explanation),
        contributions=_list_contributions(
            finder, {name: v[0] for name, v in finder.sum_concepts(explanation).items()}
        ),
        inputs=_list_inputs(wiring.schema, bundle, row.row(0, named=True)),
        changes=tuple(map(_build_change, changes)),
        scale=explanation.scale,
        noun=find_family(bundle.recipe).noun,
    )


def _find_row(lake: Lake, batch_id: str, client_id: str, *, month: str) -> pl.DataFrame:
    snapshot = read_snapshot(lake, batch_id)
    wanted = (pl.col(CLIENT_ID) == client_id) & (pl.col(STATEMENT_MONTH) == month)
    found = pl.concat([rows.filter(wanted) for rows in read_snapshot_rows(snapshot)])
    if found.height != 1:
        raise ArtifactError(
            f"snapshot {batch_id}",
            found=f"{found.height} rows of a client who has a score",
            expected="one",
            remedy=f"See `credit-default verify {batch_id}`.",
        )
    return found


def _check_score(bundle: ModelBundle, row: pl.DataFrame, score: Mapping[str, Any]) -> None:
    computed = float(score_probability(bundle, row)[0])
    if computed != score["default_probability"]:
        raise ArtifactError(
            "the client's score",
            found=f"{computed!r} when computed again",
            expected=f"{score['default_probability']!r}",
            remedy=f"Run `credit-default verify {score['batch_id']}`; only the score on record is explained.",
        )


def _list_contributions(
    finder: ReasonFinder, sums: Mapping[str, float]
) -> tuple[Contribution, ...]:
    """Return the concepts, the largest contribution first.

    The base probability and all contributions add up to the probability.
    """
    subjects = {concept.name: concept.subject for concept in finder.table.concepts} | {
        PROTECTED_CONCEPT: PROTECTED_CONCEPT
    }
    parts = [Contribution(name, subjects[name], float(added)) for name, added in sums.items()]
    return tuple(sorted(parts, key=lambda part: (-abs(part.added), part.name)))


def _list_inputs(
    schema: Schema, bundle: ModelBundle, row: Mapping[str, Any]
) -> tuple[InputLine, ...]:
    used = set(bundle.input_names)
    return tuple(
        InputLine(
            column.name,
            row[column.name],
            describe_value(column, row[column.name]) or column.unit,
            used=column.name in used,
        )
        for column in schema.inputs
    )


def _find_alternatives(
    portfolio: Portfolio, finder: ReasonFinder, row: pl.DataFrame
) -> Sequence[Counterfactual]:
    bundle = finder.explainer.bundle
    levers = portfolio.levers
    if levers is None:
        levers = derive_levers(
            portfolio.schema,
            input_names=bundle.input_names,
            accepted=finder.explainer.background_rows,
        )
    return find_counterfactuals(bundle, row, levers=levers, schema=portfolio.schema)


def _build_change(alternative: Counterfactual) -> CounterfactualLine:
    return CounterfactualLine(
        " and ".join(alternative.levers), alternative.changes, alternative.default_probability
    )
