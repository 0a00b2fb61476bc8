"""Judge whether a challenger should be promoted, by a paired comparison that depends on what is new about it.

The first model has to reach fixed floors. A new recipe is compared with the champion's by pooled out-of-fold predictions
of both, and confirmed on the test side. Newer data under the same recipe are compared as two frozen models, on the newest
mature rows that neither was trained on. In a small lake all three are judged out of fold, by all rows.
"""

import datetime as dt
import logging
from dataclasses import replace

import polars as pl

from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.data.splitting import Split
from credit_default.gates.promotion.attempts import Attempt
from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.gates.promotion.level_check import ScoredRows
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.promotion_verdict import (
    build_refusal,
    judge_recipe,
    judge_refresh,
)
from credit_default.gates.promotion.structure_check import check_structure
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.contest_attempts import (
    DEVELOPMENT_SIDE,
    TEST_SIDE,
    describe_contest_rows,
    number_attempt,
)
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.data_origin import require_matching_origins
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.baselines import (
    Rivals,
    check_beside_rivals,
    measure_rivals,
)
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.contest_pairs import (
    find_nothing_to_judge,
    is_new_recipe,
    pair_frozen,
    pair_learned,
    pair_new_rows,
    pair_predictions,
    pair_recipes,
    pair_test_side,
)
from credit_default.services.training.contest_rows import choose_contest_rows
from credit_default.services.training.cross_validation import cross_validate_recipe
from credit_default.services.training.slices import label_groups

_LOG = logging.getLogger(__name__)


def judge_challenger(
    wiring: Wiring,
    challenger: Challenger,
    sides: Split,
    *,
    champion: CurrentChampion | None,
    now: dt.datetime,
    rivals: Rivals | None = None,
) -> Verdict:
    """Return the promotion gate's verdict on the challenger.

    Args:
        wiring: The portfolio and the policies.
        challenger: The fitted challenger.
        sides: The rows that it was fitted and tested on.
        champion: The champion to compare it with; None before the first promotion.
        now: The time, by which outcomes of later months are due or not.
        rivals: What simple models make of the same rows, as the assessment measured it; measured here where not given.

    Raises:
        InputError: The champion was trained on simulated clients and the challenger on real ones, or
            the reverse.
    """
    verdict = _judge(wiring, challenger, sides, champion=champion, now=now, rivals=rivals)
    _LOG.info(
        "judged challenger digest=%s champion_version=%s level=%s",
        challenger.bundle.digest[:12],
        champion.number if champion else None,
        verdict.level,
    )
    return verdict


def _judge(
    wiring: Wiring,
    challenger: Challenger,
    sides: Split,
    *,
    champion: CurrentChampion | None,
    now: dt.datetime,
    rivals: Rivals | None,
) -> Verdict:
    structure = check_structure(challenger.bundle, schema=wiring.schema)
    if champion is None:
        judged = challenger.judged
        groups = label_groups(judged.rows, schema=wiring.schema)
        return judge_first_model(
            challenger.evaluation,
            ScoredRows(judged.defaulted, judged.probability, groups.labels),
            policy=wiring.settings.promotion,
            structure=structure,
            checks=()
            if structure.fault
            else _check_beside_rivals(wiring, challenger, sides, rivals),
            rows_name=judged.description,
        )
    if structure.fault:
        return build_refusal(structure.fault)
    require_matching_origins(
        model_origin=champion.data_origin,
        batch_origin=challenger.data_origin,
        thing="training rows",
    )
    is_new = is_new_recipe(wiring.settings, champion.bundle, challenger.bundle)
    if reason := find_nothing_to_judge(champion, challenger, with_new_recipe=is_new):
        return build_refusal(reason)
    checks = (structure, *_check_beside_rivals(wiring, challenger, sides, rivals))
    if not is_new:
        return _judge_refreshed_model(
            wiring, challenger, sides, champion=champion, checks=checks, now=now
        )
    if challenger.judged.out_of_fold:
        pair = pair_recipes(wiring, champion, challenger)
        rows = challenger.judged.rows
        return _judge_out_of_fold(wiring, challenger, pair, rows, checks=checks)
    return _judge_new_recipe(wiring, challenger, sides, champion=champion, checks=checks)


def _check_beside_rivals(
    wiring: Wiring, challenger: Challenger, sides: Split, rivals: Rivals | None
) -> tuple[Check, ...]:
    rivals = rivals or measure_rivals(wiring, challenger, sides)
    return check_beside_rivals(wiring, challenger, rivals) if rivals else ()


def _judge_new_recipe(
    wiring: Wiring,
    challenger: Challenger,
    sides: Split,
    *,
    champion: CurrentChampion,
    checks: tuple[Check, ...],
) -> Verdict:
    """Compare out-of-fold predictions of both recipes, and confirm the result on unseen test rows.

    Both are calibrated for the regime that the challenger is to serve, so its months alone are compared.
    """
    rows = sides.development
    new = cross_validate_recipe(wiring, challenger.bundle.recipe, rows, seed=0)
    old = cross_validate_recipe(
        wiring, champion.bundle.recipe, rows, seed=0, features=champion.bundle.features
    )
    served = challenger.regime.covers(rows[STATEMENT_MONTH])
    return judge_recipe(
        pair_predictions(
            wiring.schema,
            rows.filter(pl.Series(served)),
            old.default_probability[served],
            new.default_probability[served],
        ),
        pair_test_side(sides.test, champion, challenger),
        decision_policy=wiring.settings.decision,
        policy=wiring.settings.promotion,
        checks=checks,
        attempt=_number_attempt(wiring, challenger, rows, side=DEVELOPMENT_SIDE),
    )


def _judge_out_of_fold(
    wiring: Wiring,
    challenger: Challenger,
    pair: PairedScores,
    rows: pl.DataFrame,
    *,
    checks: tuple[Check, ...],
) -> Verdict:
    """Judge by out-of-fold rows of a small lake; the test side is among them, and cannot confirm it."""
    verdict = judge_recipe(
        pair,
        None,
        decision_policy=wiring.settings.decision,
        policy=wiring.settings.promotion,
        checks=checks,
        attempt=_number_attempt(wiring, challenger, rows, side=DEVELOPMENT_SIDE),
    )
    told = f"judged by out-of-fold predictions of {rows.height:,} rows, the test side among them"
    return replace(verdict, reasons=(*verdict.reasons, told))


def _number_attempt(
    wiring: Wiring, challenger: Challenger, rows: pl.DataFrame, *, side: str
) -> Attempt:
    contest = describe_contest_rows(rows, side=side)
    return number_attempt(wiring.lake, contest, model_digest=challenger.bundle.digest)


def _judge_refreshed_model(
    wiring: Wiring,
    challenger: Challenger,
    sides: Split,
    *,
    champion: CurrentChampion,
    checks: tuple[Check, ...],
    now: dt.datetime,
) -> Verdict:
    """Compare both models as they are, on rows that neither was trained on: later ones where there are any."""
    contest = choose_contest_rows(
        wiring,
        sides,
        champion=champion.bundle,
        data_origin=challenger.data_origin,
        now=now,
        with_learned=challenger.out_of_fold is not None,
    )
    if challenger.judged.out_of_fold and not contest.is_out_of_time:
        pair, rows = pair_new_rows(wiring, champion, challenger)
        return _judge_out_of_fold(wiring, challenger, pair, rows, checks=checks)
    if contest.learned.is_empty():
        verdict = judge_refresh(
            pair_frozen(wiring, contest.rows, champion, challenger),
            decision_policy=wiring.settings.decision,
            policy=wiring.settings.promotion,
            checks=checks,
            attempt=_number_attempt(wiring, challenger, contest.rows, side=TEST_SIDE),
        )
    else:
        verdict = judge_recipe(
            pair_learned(wiring, contest.learned, sides, champion, challenger),
            pair_frozen(wiring, contest.rows, champion, challenger),
            decision_policy=wiring.settings.decision,
            policy=wiring.settings.promotion,
            checks=checks,
            attempt=_number_attempt(wiring, challenger, contest.learned, side=DEVELOPMENT_SIDE),
        )
    return replace(verdict, reasons=(*verdict.reasons, contest.description))
