from tests.fakes.scored_samples import draw_sample, run

from credit_default.gates.validation.given_figures import GivenFigures, GroupComparison
from credit_default.gates.validation.records.fairness import TESTS


def judge(name, *groups):
    findings = run(TESTS, name, draw_sample(1), given=GivenFigures(groups=groups))
    return {found.subject: found.light for found in findings}


def test_ratio_is_red_only_where_its_whole_interval_is_below_four_fifths():
    assert judge(
        "selection_ratio",
        GroupComparison("sex: female", 0.95, 0.90, 1.0),
        GroupComparison("age: 60 to 79", 0.78, 0.70, 0.86),
        GroupComparison("education: 3", 0.70, 0.65, 0.75),
    ) == {"sex: female": "green", "age: 60 to 79": "amber", "education: 3": "red"}


def test_gap_is_red_only_where_its_whole_interval_is_beyond_the_limit():
    assert judge(
        "equal_opportunity",
        GroupComparison("a", 1, 1, 1, 0.01, -0.01, 0.03),
        GroupComparison("b", 1, 1, 1, 0.06, 0.03, 0.09),
        GroupComparison("c", 1, 1, 1, 0.10, 0.07, 0.13),
        GroupComparison("without outcomes", 1, 1, 1),
    ) == {"a": "green", "b": "amber", "c": "red"}


def test_gap_is_told_in_points_and_its_direction_in_words():
    groups = (
        GroupComparison("a", 1, 1, 1, 0.071, 0.05, 0.09),
        GroupComparison("b", 1, 1, 1, -0.02, -0.03, -0.01),
    )
    findings = run(TESTS, "equal_opportunity", draw_sample(1), given=GivenFigures(groups=groups))

    assert [found.reason for found in findings] == [
        "of those who paid, the approval rate lies 7.1 points below that of the largest group",
        "of those who paid, the approval rate lies 2.0 points above that of the largest group",
    ]


def test_no_groups_are_not_judged():
    assert judge("selection_ratio") == {"whole sample": "not judged"}
    assert judge("equal_opportunity") == {"whole sample": "not judged"}


def test_figures_at_their_limits_are_green_and_an_end_at_the_limit_is_not_red():
    assert judge(
        "selection_ratio",
        GroupComparison("at", 0.8, 0.7, 0.8),
        GroupComparison("end at", 0.79, 0.7, 0.8),
        GroupComparison("end below", 0.79, 0.7, 0.7999),
    ) == {"at": "green", "end at": "amber", "end below": "red"}
    assert judge(
        "equal_opportunity",
        GroupComparison("at", 1, 1, 1, 0.05, 0.01, 0.09),
        GroupComparison("end at", 1, 1, 1, 0.06, 0.05, 0.09),
        GroupComparison("end beyond", 1, 1, 1, 0.06, 0.0501, 0.09),
        GroupComparison("without an end", 1, 1, 1, 0.06, 0.051),
    ) == {"at": "green", "end at": "amber", "end beyond": "red"}
