"""Check that no input, and no feature, knows the outcome that is to be predicted.

How well an honest model ranks depends on the portfolio: .76 on one, .97 on another. A leak is
therefore looked for beside what plain models make of the same inputs, on rows that none of them
saw; an upper bound on the ROC AUC alone is left to portfolios that know theirs (docs/adr/0029).
"""

from collections.abc import Iterator
from dataclasses import replace

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.delong import AucDifference, measure_auc_difference
from credit_default.gates.promotion.paired_comparison import PairedComparison
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.evaluation.plain_rivals import CertainRanges, PlainRivals, SingleInput
from credit_default.model.statistics.bootstrap import FloatArray

_ADVICE = "look for an input that was not known on the day of the statement before overruling this"
_CERTAIN = 0.99  # share of the rows of a range that have the outcome
_FEWEST_CERTAIN = 10  # test rows in ranges that are certain
_OUTCOMES = ("payers", "defaults")


def check_plausible_gain(comparison: PairedComparison, policy: PromotionPolicy) -> Check:
    """Return a fault where the challenger ranks implausibly well, and an empty result otherwise."""
    difference = comparison.auc_difference
    # A champion below the floor of first models does not limit how large a plausible step can be.
    is_jump = (
        difference.gain > policy.largest_roc_auc_gain
        and difference.champion > policy.lowest_roc_auc
    )
    if difference.challenger < policy.highest_roc_auc and not is_jump:
        return Check("")
    limit = (
        f"at most {policy.largest_roc_auc_gain:g} more (promotion.largest_roc_auc_gain)"
        if is_jump
        else f"below {policy.highest_roc_auc:g} (promotion.highest_roc_auc)"
    )
    return Check(
        f"leak: {_ADVICE}",
        fault=(
            f"ROC AUC {difference.challenger:.4f} against {difference.champion:.4f} is too good "
            f"to be true: {limit} is plausible"
        ),
    )


def check_leaks(model: FloatArray, rivals: PlainRivals, *, policy: PromotionPolicy) -> Check:
    """Check the inputs one by one, and the model beside plain rivals on the same inputs.

    Args:
        model: The model's probabilities of the rivals' test rows, in the same order.
        rivals: What the inputs say as they are.
        policy: The largest shares and leads that are plausible.

    Returns:
        A fault for each input that tells the outcome with certainty, or ranks far better alone than
        all others together, and for a model that ranks far better than every rival. Something to
        watch where several inputs that rank well alone could hide each other's lead.
    """
    faults = [
        *_find_certain_inputs(rivals, policy),
        *_find_leading_inputs(rivals, policy),
        *_find_leading_model(model, rivals, policy),
    ]
    figures = {"best_input_roc_auc": rivals.inputs[0].roc_auc} if rivals.inputs else {}
    if not faults:
        return replace(_check_strong_inputs(model, rivals, policy), figures=figures)
    return Check(f"leak: {_ADVICE}", fault="; ".join(faults), figures=figures)


def _check_strong_inputs(model: FloatArray, rivals: PlainRivals, policy: PromotionPolicy) -> Check:
    """Return what to watch where inputs that rank well alone lead the others only together."""
    if "" not in rivals.without:
        return Check("")
    lead = _measure_lead(rivals, model, rivals.without[""])
    if not _is_beyond(lead, policy.largest_input_lead):
        return Check("")
    strong = [one.name for one in rivals.inputs if one.roc_auc >= policy.highest_input_roc_auc]
    names = f"{', '.join(strong[:-1])} and {strong[-1]}"
    return Check(
        f"strong inputs: without {names}, each above {policy.highest_input_roc_auc:g} alone "
        f"(promotion.highest_input_roc_auc), the others reach {lead.champion:.4f} against the "
        f"model's {lead.challenger:.4f}; see that they were known on the day of the statement",
        watch=f"it rests on {names}",
    )


def _find_certain_inputs(rivals: PlainRivals, policy: PromotionPolicy) -> Iterator[str]:
    for single in rivals.inputs:
        for ranges in single.certain:
            if _is_certain(ranges, policy):
                yield (
                    f"{single.name} tells the outcome: {ranges.held_count:,} of "
                    f"{ranges.outcome_count:,} {_OUTCOMES[ranges.outcome]} and hardly anyone else "
                    f"have {ranges.description}, where at most "
                    f"{policy.largest_certain_share:.0%} (promotion.largest_certain_share) is "
                    "plausible"
                )


def _is_certain(ranges: CertainRanges, policy: PromotionPolicy) -> bool:
    return (
        ranges.certain_share >= _CERTAIN
        and ranges.held_count >= _FEWEST_CERTAIN
        and ranges.held_share >= policy.largest_certain_share
    )


def _find_leading_inputs(rivals: PlainRivals, policy: PromotionPolicy) -> Iterator[str]:
    for single in rivals.inputs:
        if single.roc_auc < policy.highest_input_roc_auc or single.name not in rivals.without:
            continue
        lead = _measure_lead(rivals, single.default_probability, rivals.without[single.name])
        if _is_beyond(lead, policy.largest_input_lead):
            yield (
                f"{single.name} alone reaches a ROC AUC of {lead.challenger:.4f}, all others "
                f"together {lead.champion:.4f}: a lead of at most {policy.largest_input_lead:g} "
                f"(promotion.largest_input_lead) is plausible of an input above "
                f"{policy.highest_input_roc_auc:g} (promotion.highest_input_roc_auc)"
            )


def _find_leading_model(
    model: FloatArray, rivals: PlainRivals, policy: PromotionPolicy
) -> Iterator[str]:
    best = max(
        [("boosting on the inputs as they are", rivals.boosting), *_list_inputs(rivals.inputs[:1])],
        key=lambda rival: _measure_lead(rivals, rival[1], rivals.boosting).challenger,
    )
    lead = _measure_lead(rivals, model, best[1])
    if _is_beyond(lead, policy.largest_rival_lead):
        yield (
            f"the model's ROC AUC of {lead.challenger:.4f} leads that of {best[0]}, "
            f"{lead.champion:.4f}: a lead of at most {policy.largest_rival_lead:g} "
            "(promotion.largest_rival_lead) is plausible of features that are computed from these "
            "inputs"
        )


def _list_inputs(inputs: tuple[SingleInput, ...]) -> Iterator[tuple[str, FloatArray]]:
    return ((f"{single.name} alone", single.default_probability) for single in inputs)


def _measure_lead(rivals: PlainRivals, ahead: FloatArray, behind: FloatArray) -> AucDifference:
    return measure_auc_difference(rivals.defaulted, behind, challenger=ahead, confidence=0.95)


def _is_beyond(lead: AucDifference, largest: float) -> bool:
    """Return whether the lead is above the largest plausible one, its 95 % interval above half of it."""
    return lead.gain > largest and lead.low > largest / 2
