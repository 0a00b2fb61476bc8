"""One client's score, explained from what the lake keeps: the row, the model that scored it, and the decision it got."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.queries import read_scores
from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH
from credit_default.errors import ArtifactError, InputError
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
from credit_default.model.explanation.shapley import EXPLANATION_METHOD
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.views.terminal.explanation import (
    ClientExplanation,
    Contribution,
    CounterfactualLine,
    InputLine,
)


def explain_client(wiring: Wiring, batch_id: str, client_id: str) -> ClientExplanation:
    """The explanation of the client's newest statement in the batch, under the newest version that scored it.

    Raises:
        InputError: the batch was never scored, has no such client, or is of another portfolio.
        ArtifactError: the rows or the model are not those on record, or give another score.
    """
    score = _find_score(wiring, batch_id, client_id)
    version = int(score["model_version"])
    bundle = wiring.registry.load_version(wiring.registry.find_version(version))
    require_same_portfolio(wiring, bundle.schema_name, thing=f"batch {batch_id}")
    row = _find_row(wiring, batch_id, client_id, month=score[STATEMENT_MONTH])
    _check_score(bundle, row, score)
    giver = build_reason_finder(bundle, wiring.portfolio.reasons, schema=wiring.schema)
    explanation = giver.explainer.explain(row)
    declined = score["decision"] == DECLINE
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
        reasons=tuple(giver.select_reasons(explanation, row)[0]) if declined else (),
        base_probability=explanation.base_probability,
        method=f"{EXPLANATION_METHOD}, against {giver.explainer.background_description}",
        contributions=_list_contributions(
            giver, {name: v[0] for name, v in giver.sum_concepts(explanation).items()}
        ),
        inputs=_list_inputs(wiring, bundle, row.row(0, named=True)),
        changes=tuple(map(_build_change, _find_alternatives(wiring, giver, row)))
        if declined
        else (),
    )


def _find_score(wiring: Wiring, batch_id: str, client_id: str) -> Mapping[str, Any]:
    of_client = read_scores(wiring.lake, batch_id=batch_id, client_id=client_id)
    if (
        of_client.is_empty()
        and read_scores(wiring.lake, batch_id=batch_id, columns=(CLIENT_ID,)).is_empty()
    ):
        raise InputError(
            f"batch {batch_id}",
            found="no scores",
            expected="a batch that was scored",
            remedy="Copy the id from `predict`.",
        )
    if of_client.is_empty():
        raise InputError(
            f"client {client_id[:64]!r}",
            found=f"no score in batch {batch_id}",
            expected="one of its clients",
            remedy="Check the id; a client whose row was rejected stands in `credit-default quarantine`.",
        )
    return of_client.sort("model_version", STATEMENT_MONTH).row(-1, named=True)


def _find_row(wiring: Wiring, batch_id: str, client_id: str, *, month: str) -> pl.DataFrame:
    snapshot = read_snapshot(wiring.lake, batch_id)
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
    again = float(score_probability(bundle, row)[0])
    if again != score["default_probability"]:
        raise ArtifactError(
            "the client's score",
            found=f"{again!r} when computed again",
            expected=f"{score['default_probability']!r}",
            remedy=f"See `credit-default verify {score['batch_id']}`: an explanation of another score would be none.",
        )


def _list_contributions(giver: ReasonFinder, sums: Mapping[str, float]) -> tuple[Contribution, ...]:
    """The concepts by the size of what they add, either way; their sum leads from the base to the probability."""
    subjects = {concept.name: concept.subject for concept in giver.table.concepts} | {
        PROTECTED_CONCEPT: PROTECTED_CONCEPT
    }
    parts = [Contribution(name, subjects[name], float(added)) for name, added in sums.items()]
    return tuple(sorted(parts, key=lambda part: (-abs(part.added), part.name)))


def _list_inputs(
    wiring: Wiring, bundle: ModelBundle, row: Mapping[str, Any]
) -> tuple[InputLine, ...]:
    used = set(bundle.input_names)
    return tuple(
        InputLine(
            column.name,
            row[column.name],
            column.codes.get(row[column.name], ""),
            used=column.name in used,
        )
        for column in wiring.schema.inputs
    )


def _find_alternatives(
    wiring: Wiring, giver: ReasonFinder, row: pl.DataFrame
) -> Sequence[Counterfactual]:
    bundle = giver.explainer.bundle
    levers = wiring.portfolio.levers
    if levers is None:
        levers = derive_levers(
            wiring.schema, input_names=bundle.input_names, accepted=giver.explainer.background_rows
        )
    return find_counterfactuals(bundle, row, levers=levers, schema=wiring.schema)


def _build_change(alternative: Counterfactual) -> CounterfactualLine:
    return CounterfactualLine(
        " and ".join(alternative.levers), alternative.changes, alternative.default_probability
    )
