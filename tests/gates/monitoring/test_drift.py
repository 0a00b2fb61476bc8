from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.model.profile.shift_attribution import ColumnShift, ScoreShift, SegmentShift

STILL = DriftReport(
    columns=tuple(
        ColumnDrift(f"column_{number}", "psi", 0.01, 0.1, drifted=False) for number in range(10)
    ),
    score=ColumnDrift("default_probability", "psi", 0.01, 0.1, drifted=False),
    drifted_share=0.0,
    reference_count=6000,
    current_count=2500,
    report_paths={},
)


def move(report, *numbers, statistic=0.5, method="psi"):
    columns = list(report.columns)
    for number in numbers:
        columns[number] = replace(columns[number], method=method, statistic=statistic, drifted=True)
    return replace(report, columns=tuple(columns))


def move_score(report, statistic):
    return replace(report, score=replace(report.score, statistic=statistic))


def judge(report, **arguments):
    return judge_drift(report, **{"row_count": report.current_count, **arguments})


def test_a_clean_batch_is_ok():
    verdict = judge(STILL)

    assert verdict.level == "ok"
    assert verdict.reasons == ("no column moved; score drift 0.010 is below 0.100",)


@pytest.mark.parametrize(("statistic", "level"), [(0.0999, "ok"), (0.1, "alarm"), (0.7, "alarm")])
def test_a_moved_score_raises_an_alarm(statistic, level):
    assert judge(move_score(STILL, statistic)).level == level


def test_one_moved_column_is_watched_and_named_with_its_figures():
    verdict = judge(move(STILL, 4))

    assert verdict.level == "watch"
    assert verdict.reasons == (
        "column_4 moved: psi 0.500, limit 0.100 (the column's drift_threshold)",
    )
    assert verdict.figures["drifted_count"] == 1.0


def test_three_of_ten_moved_columns_raise_an_alarm():
    assert judge(move(STILL, 1, 2)).level == "watch"
    assert judge(move(STILL, 1, 2, 3)).level == "alarm"


def test_one_column_that_carries_the_model_raises_an_alarm():
    importance = {"column_0": 0.4, "column_1": 0.05}

    assert judge(move(STILL, 0), importance=importance).level == "alarm"
    assert judge(move(STILL, 1), importance=importance).level == "watch"


def test_columns_that_the_model_ignores_raise_an_alarm_when_they_are_many():
    assert judge(move(STILL, 1, 2, 3), importance={"column_0": 1.0}).level == "alarm"


def test_the_most_moved_column_comes_first_and_five_at_most():
    report = move(STILL, *range(7), statistic=0.2)
    report = move(report, 5, statistic=0.9)

    reasons = judge(report).reasons

    assert reasons[0] == "70% of the columns moved, limit 30% (drift.highest_drifted_share)"
    assert reasons[1].startswith("column_5 moved")
    assert reasons[-1] == "and 2 more columns"
    assert len(reasons) == 7


@pytest.mark.parametrize(("row_count", "level"), [(199, "not judged"), (200, "alarm")])
def test_below_two_hundred_rows_nothing_is_judged(row_count, level):
    report = replace(move_score(STILL, 5.0), current_count=row_count)

    verdict = judge(report)

    assert verdict.level == level
    assert ("too few to tell drift from chance" in verdict.reasons[0]) is (level == "not judged")


def test_what_chance_gives_in_a_small_batch_is_no_drift():
    small = replace(move(STILL, 1, statistic=0.13), current_count=200)

    assert judge(small).level == "ok"
    assert judge(replace(small, current_count=2500)).level == "watch"


@pytest.mark.parametrize("method", ["ks", "chisquare"])
def test_a_p_value_is_not_read_as_a_distance(method):
    calm = replace(STILL.columns[0], method=method, statistic=0.9, threshold=0.05, drifted=False)
    moved = replace(calm, statistic=0.001, drifted=True)

    assert judge(replace(STILL, columns=(calm, *STILL.columns[1:]))).level == "ok"
    assert judge(replace(STILL, columns=(moved, *STILL.columns[1:]))).level == "watch"


def test_a_wasserstein_distance_is_taken_as_the_report_says():
    assert judge(move(STILL, 1, statistic=0.11, method="wasserstein")).level == "watch"


def test_a_report_without_columns_is_judged_by_its_score():
    report = replace(STILL, columns=())

    assert judge(report).level == "ok"
    assert judge(move_score(report, 1.0), policy=DriftPolicy(score_threshold=2.0)).level == "ok"


@pytest.mark.parametrize(("statistic", "level"), [(0.09, "ok"), (0.11, "alarm")])
def test_a_moved_decision_raises_an_alarm(statistic, level):
    decision = ColumnDrift("decision", "psi", statistic, 0.1, drifted=statistic >= 0.1, bin_count=2)

    verdict = judge(replace(STILL, decision=decision))

    assert verdict.level == level
    assert verdict.figures["decision_drift"] == statistic


def test_a_column_that_matters_comes_before_one_that_moved_farther():
    report = move(move(STILL, 1, statistic=0.2), 2, statistic=0.9)

    reasons = judge(report, importance={"column_1": 0.25, "column_2": 0.01}).reasons

    assert (
        reasons[0]
        == "column_1 moved: psi 0.200, limit 0.100 (the column's drift_threshold), 25% of the model"
    )
    assert (
        reasons[1]
        == "column_2 moved: psi 0.900, limit 0.100 (the column's drift_threshold), 1% of the model"
    )


LATE = SegmentShift(
    "repayment_status_m1 2 (payment 2 months late)", 0.11, 0.17, composition=0.036, within=0.0
)
SHIFT = ScoreShift(
    0.22, 0.28, 0.004, 540.0, 610.0, columns=(ColumnShift("repayment_status_m1", (LATE,)),)
)


def test_what_moved_the_score_is_reported_with_its_cost():
    verdict = judge(move(STILL, 4), shift=SHIFT)

    assert verdict.reasons[1:4] == (
        "expected defaults 22.0% -> 28.0%",
        "expected cost of 1,000 decisions 540 -> 610",
        "repayment_status_m1 2 (payment 2 months late): 11% -> 17% of the clients, explains 60% of the score's move",
    )
    assert verdict.figures["expected_default_share"] == 0.28
    assert verdict.figures["reference_cost"] == 540.0


def test_a_shift_that_chance_may_have_made_is_not_explained():
    verdict = judge(move(STILL, 4), shift=replace(SHIFT, standard_error=0.03))

    assert verdict.reasons == (
        "column_4 moved: psi 0.500, limit 0.100 (the column's drift_threshold)",
    )


def test_a_shift_without_a_cause_is_reported_all_the_same():
    assert judge(move(STILL, 4), shift=replace(SHIFT, columns=())).reasons[1:3] == (
        "expected defaults 22.0% -> 28.0%",
        "expected cost of 1,000 decisions 540 -> 610",
    )


def test_a_quiet_verdict_explains_nothing_and_keeps_the_figures():
    verdict = judge(STILL, shift=replace(SHIFT, current_share=0.238))

    assert verdict.level == "ok"
    assert len(verdict.reasons) == 1
    assert verdict.figures["expected_cost"] == 610.0


@pytest.mark.parametrize(
    ("share", "level"), [(0.238, "ok"), (0.244, "watch"), (0.19, "watch"), (0.28, "alarm")]
)
def test_expected_defaults_that_creep_are_noticed_where_no_column_moved(share, level):
    verdict = judge(STILL, shift=replace(SHIFT, current_share=share))

    assert verdict.level == level
    if level == "alarm":
        assert (
            verdict.reasons[0]
            == "expected defaults moved by 27%, limit 25% (drift.highest_share_move)"
        )
    if level == "watch":
        assert verdict.reasons[0].startswith("expected defaults 22.0% -> ")


@pytest.mark.parametrize(("p_value", "level"), [(0.01, "ok"), (1e-6, "watch")])
def test_a_p_value_that_chance_gives_two_samples_is_no_drift(p_value, level):
    moved = replace(
        STILL.columns[0],
        method="chisquare",
        statistic=0.0,
        threshold=0.05,
        drifted=True,
        p_value=p_value,
    )

    assert judge(replace(STILL, columns=(moved, *STILL.columns[1:]))).level == level


def test_a_wasserstein_distance_knows_its_noise():
    far = replace(move(STILL, 1, statistic=0.2, method="wasserstein"), current_count=200)
    noisy = replace(far, columns=tuple(replace(column, spread=1.5) for column in far.columns))

    assert judge(far).level == "watch"
    assert judge(noisy).level == "ok"
    assert judge(replace(noisy, current_count=20_000)).level == "watch"


def test_chance_moves_nothing_in_999_of_1000_whole_reports():
    generator = np.random.default_rng(3)
    reference = generator.multinomial(6_000, [0.1] * 10, size=(400, 25)) / 6_000
    current = generator.multinomial(200, [0.1] * 10, size=(400, 25)) / 200
    distances = ((current - reference) * np.log(np.maximum(current, 1e-4) / reference)).sum(axis=2)

    def report(row):
        columns = [
            ColumnDrift(f"c{n}", "psi", float(x), 0.1, drifted=x >= 0.1)
            for n, x in enumerate(row[:24])
        ]
        score = ColumnDrift(
            "default_probability", "psi", float(row[24]), 0.1, drifted=bool(row[24] >= 0.1)
        )
        return DriftReport(tuple(columns), score, 0.0, 6_000, 200, {})

    levels = [judge(report(row)).level for row in distances]

    assert levels.count("alarm") == 0
    assert levels.count("watch") <= 3
    assert sum(any(row > 0.1) for row in distances) > 10  # the threshold alone would have rung


@pytest.mark.parametrize(("weight", "level"), [(0.2999, "watch"), (0.3, "alarm"), (0.9, "alarm")])
def test_a_share_of_importance_is_judged_at_its_bound(weight, level):
    weights = {"column_4": weight, "column_5": 0.05}

    verdict = judge(move(STILL, 4), importance=weights)

    assert verdict.level == level
    assert verdict.figures["drifted_importance_share"] == weight
    assert verdict.figures["drifted_share"] == 0.1
    if level == "alarm":
        told = (
            f"columns that carry {weight:.0%} of the model moved, "
            "limit 30% (drift.highest_drifted_share)"
        )
        assert verdict.reasons[0] == told


def test_figures_hold_the_limits_with_what_chance_adds():
    decision = ColumnDrift("decision", "psi", 0.02, 0.1, drifted=False, bin_count=2)
    small = replace(STILL, reference_count=400, current_count=300, decision=decision)
    confidence = 0.999 ** (1 / 12)
    rows = 1 / 400 + 1 / 300

    figures = judge(small, policy=DriftPolicy(score_threshold=0.01)).figures

    assert figures["score_threshold"] == pytest.approx(chi2.ppf(confidence, 9) * rows)
    assert figures["row_count"] == 300.0
    assert figures["highest_drifted_share"] == 0.3
    assert figures["drifted_importance_share"] == 0.0
    assert judge(small).figures["score_threshold"] == max(0.1, figures["score_threshold"])


@pytest.mark.parametrize(("extra", "level"), [(-1e-6, "ok"), (1e-6, "alarm")])
def test_a_decision_has_to_move_beyond_what_chance_gives_two_bins(extra, level):
    allowed = chi2.ppf(0.999 ** (1 / 12), 1) * (1 / 400 + 1 / 300)
    decision = ColumnDrift("decision", "psi", allowed + extra, 0.1, drifted=True, bin_count=2)
    report = replace(STILL, reference_count=400, current_count=300, decision=decision)

    assert judge(report, policy=DriftPolicy(decision_threshold=0.01)).level == level


@pytest.mark.parametrize(
    ("share", "error", "level"),
    [
        (0.2419999, 0.004, "ok"),
        (0.2420001, 0.004, "watch"),  # .1 of .22
        (0.2749999, 0.004, "watch"),
        (0.2750001, 0.004, "alarm"),  # .25 of .22
        (0.1980001, 0.004, "ok"),
        (0.1979999, 0.004, "watch"),
        (0.28, 0.0150001, "ok"),  # less than four standard errors
        (0.28, 0.0149999, "alarm"),
    ],
)
def test_expected_defaults_are_judged_at_their_bounds(share, error, level):
    shift = replace(SHIFT, current_share=share, standard_error=error)

    assert judge(STILL, shift=shift).level == level


def test_expected_defaults_that_were_none_have_moved_far():
    shift = replace(SHIFT, reference_share=0.0, current_share=0.01, standard_error=0.001)

    verdict = judge(STILL, shift=shift)

    assert verdict.level == "alarm"
    assert "moved by 1000000000%" in verdict.reasons[0]  # as if they had been one in a milliard


def test_columns_are_ordered_by_what_they_carry_then_by_how_far_then_by_name():
    report = move(move(STILL, 7, 3, statistic=0.4), 5, statistic=0.2)

    plain = [reason.split(" ")[0] for reason in judge(report).reasons[1:]]
    weighed = judge(report, importance={"column_5": 0.21, "column_3": 0.1, "column_7": 0.1}).reasons

    assert plain == ["column_3", "column_7", "column_5"]
    assert [reason.split(" ")[0] for reason in weighed[-3:]] == ["column_5", "column_3", "column_7"]


def test_five_moved_columns_are_told_without_a_rest():
    assert judge(move(STILL, *range(5))).reasons[-1].startswith("column_4 moved")
    assert judge(move(STILL, *range(6))).reasons[-1] == "and 1 more columns"


def test_a_column_of_no_known_importance_comes_after_those_that_carry_something():
    report = move(move(STILL, 1, statistic=0.2), 2, statistic=0.9)

    reasons = judge(report, importance={"column_1": 0.01, "column_0": 0.2}).reasons

    assert reasons[0].startswith("column_1 moved: psi 0.200")
    assert reasons[0].endswith(", 1% of the model")
    assert reasons[1].startswith("column_2 moved: psi 0.900")
    assert not reasons[1].endswith("of the model")


def make_shift(current, *, error, reference=0.5):
    return ScoreShift(reference, current, error, 100.0, 120.0, ())


def test_a_move_of_just_the_errors_that_are_asked_for_counts():
    policy = DriftPolicy(fewest_standard_errors=4.0)

    assert judge(STILL, shift=make_shift(0.75, error=0.0625), policy=policy).level == "alarm"
    assert judge(STILL, shift=make_shift(0.75, error=0.0626), policy=policy).level == "ok"
    assert judge(STILL, shift=make_shift(0.25, error=0.0625), policy=policy).level == "alarm"


@pytest.mark.parametrize(
    ("current", "level", "told"),
    [
        (0.5625, "watch", ", limit 12% (drift.watched_share_move)"),  # an eighth: the limit itself
        (0.625, "alarm", ""),  # a quarter: that of an alarm
        (0.6, "watch", ", limit 12% (drift.watched_share_move)"),
    ],
)
def test_a_watched_move_is_told_with_its_limit_and_an_alarm_with_its_own(current, level, told):
    policy = DriftPolicy(watched_share_move=0.125, highest_share_move=0.25)

    verdict = judge(STILL, shift=make_shift(current, error=0.001), policy=policy)

    assert verdict.level == level
    (move_told,) = [
        reason for reason in verdict.reasons if reason.startswith("expected defaults 5")
    ]
    assert move_told == f"expected defaults 50.0% -> {current:.1%}{told}"
    moved = [reason for reason in verdict.reasons if "expected defaults moved by 25%" in reason]
    assert len(moved) == (level == "alarm")
