from dataclasses import asdict

from credit_default.adapters.mlflow.model_versions import LONGEST_TAG
from credit_default.adapters.mlflow.version_verdict import (
    VersionVerdict,
    format_verdict_tags,
    read_version_verdict,
    rebuild_verdict,
)
from credit_default.gates.promotion.attempts import Attempt, ContestRows
from credit_default.gates.promotion.promotion_verdict import PromotionVerdict
from credit_default.gates.verdict import Verdict

VERDICT = Verdict("promotion", "ok", ("better by .004", "on 900 clients"), {"auc_gain": 0.004})


def test_a_verdict_is_kept_as_tags_of_the_version():
    assert format_verdict_tags(VERDICT) == {
        "verdict": "promotion: ok",
        "verdict_reasons": "better by .004\non 900 clients",
        "verdict_figures": '{"auc_gain": 0.004}',
    }


def test_a_verdict_is_read_back_from_the_tags():
    found = read_version_verdict(format_verdict_tags(VERDICT))

    assert found == VersionVerdict("promotion", "ok", ("better by .004", "on 900 clients"))
    assert (found.reason, found.evidence) == ("better by .004", ("on 900 clients",))


def test_a_verdict_is_built_again_from_the_tags_as_it_was():
    attempt = Attempt(ContestRows("test", "0123", {"2005-09": 900}), "4567", 2)
    compared = PromotionVerdict(**asdict(VERDICT), attempt=attempt)

    assert rebuild_verdict(format_verdict_tags(VERDICT)) == VERDICT
    assert rebuild_verdict(format_verdict_tags(compared)) == compared


def test_figures_that_a_tag_cut_short_are_left_out():
    tags = {**format_verdict_tags(VERDICT), "verdict_figures": '{"auc_gain": 0.'}

    assert rebuild_verdict(tags) == Verdict("promotion", "ok", VERDICT.reasons)


def test_a_version_that_was_not_judged_has_no_verdict():
    assert read_version_verdict({}) is None
    assert rebuild_verdict({}) is None
    assert read_version_verdict({"verdict": "by hand"}) is None


def test_reasons_are_cut_to_what_a_tag_takes():
    long = Verdict("promotion", "refused", ("x" * (LONGEST_TAG + 1),))

    found = read_version_verdict(format_verdict_tags(long))

    assert found is not None
    assert len(found.reason) == LONGEST_TAG
