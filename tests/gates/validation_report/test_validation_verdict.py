from dataclasses import replace

import numpy as np
import pytest

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import ValidationResult
from credit_default.gates.validation_report.validation_verdict import judge_results

POLICY = ValidationPolicy()


def make_result(light, p_value=None, *, test_id="calibration.one", **changed) -> ValidationResult:
    result = ValidationResult(
        test_id,
        "calibration",
        "A test",
        "whole sample",
        1.0,
        "z",
        p_value,
        "It is right.",
        "a source",
        light,
        "what was found",
        "policy",
        "digest",
    )
    return replace(result, **changed)


def make_right_results(count=40, *, first=None) -> list[ValidationResult]:
    results = [make_result("green", 0.5, test_id=f"calibration.{n}") for n in range(count)]
    return [first, *results[1:]] if first else results


def test_a_single_red_among_forty_tests_is_watched_and_no_alarm():
    verdict = judge_results(make_right_results(first=make_result("red", 0.009)), policy=POLICY)

    assert verdict.level == "watch"
    assert verdict.passed
    assert verdict.reasons[1] == "red: A test: what was found"


def test_a_red_that_remains_after_the_correction_is_an_alarm():
    verdict = judge_results(make_right_results(first=make_result("red", 0.0001)), policy=POLICY)

    assert verdict.level == "alarm"
    assert verdict.figures["lasting_red_count"] == 1


def test_a_red_limit_without_a_p_value_is_an_alarm():
    assert (
        judge_results(make_right_results(first=make_result("red")), policy=POLICY).level == "alarm"
    )


def test_of_a_test_with_many_subjects_its_own_correction_counts():
    figures = {"adjusted_p_value": 0.02}
    red = make_result("amber", 0.0001, figures=figures)

    assert judge_results(make_right_results(first=red), policy=POLICY).level == "watch"


def test_a_test_that_a_good_model_rejects_is_red_where_it_is_not_rejected():
    no_ranking = make_result("red", 0.4)
    ranking = make_result("green", 1e-30, test_id="discrimination.chance")

    assert judge_results(make_right_results(first=no_ranking), policy=POLICY).level == "alarm"
    assert judge_results(make_right_results(first=ranking), policy=POLICY).level == "ok"


def test_what_was_not_judged_is_neither_a_pass_nor_an_alarm():
    unjudged = make_result("not judged", reason="no outcomes")

    verdict = judge_results([unjudged, unjudged], policy=POLICY)

    assert verdict.level == "not judged"
    assert verdict.reasons[1:] == ("no outcomes",)


def test_data_without_faults_say_nothing_of_the_model():
    green = make_result("green", test_id="data quality.missing", chapter="data quality")

    verdict = judge_results([green, make_result("not judged", reason="few rows")], policy=POLICY)

    assert verdict.level == "not judged"
    assert verdict.reasons[-1] == "few rows"


def test_chance_is_told_where_there_are_p_values_and_not_else():
    tested = judge_results(make_right_results(), policy=POLICY).reasons[0]
    limits = judge_results([make_result("green")], policy=POLICY).reasons[0]

    assert tested.endswith(
        "40 green; of 40 tests with a p-value, chance alone turns about 2.0 amber or red in a right model"
    )
    assert limits == "1 result judged: 0 red, 0 amber, 1 green"


def test_of_many_findings_a_dozen_are_shown_and_the_rest_counted():
    reds = [make_result("red", 1e-9, test_id=f"calibration.{n}") for n in range(20)]

    verdict = judge_results(reds, policy=POLICY)

    assert len(verdict.reasons) == 14
    assert verdict.reasons[-1] == "… and 8 more"


def test_a_right_model_is_an_alarm_at_most_one_time_in_twenty():
    generator = np.random.default_rng(0)
    alarms = 0
    for p_values in generator.random((2_000, 40)):
        results = [
            make_result(
                "red" if p < 0.01 else "amber" if p < 0.05 else "green",
                float(p),
                test_id=f"calibration.{n}",
            )
            for n, p in enumerate(p_values)
        ]
        alarms += not judge_results(results, policy=POLICY).passed

    # Holm bounds it by 5 %; three Monte Carlo errors of 0.5 points
    assert alarms / 2_000 == pytest.approx(0.048, abs=0.015)


@pytest.mark.parametrize(
    ("light", "chapter", "level"),
    [
        ("green", "stability", "not judged"),
        ("amber", "stability", "watch"),
        ("red", "stability", "alarm"),
        ("green", "discrimination", "ok"),
        ("green", "calibration", "ok"),
        ("for information", "calibration", "not judged"),
    ],
)
def test_a_green_result_beside_the_essential_chapters_judges_nothing(light, chapter, level):
    verdict = judge_results([make_result(light, chapter=chapter)], policy=POLICY)

    assert verdict.level == level


@pytest.mark.parametrize(("p_value", "level"), [(0.025, "alarm"), (0.02501, "watch")])
def test_a_red_of_two_tests_remains_up_to_half_the_amber_level(p_value, level):
    policy = replace(POLICY, red_level=0.04)
    results = [make_result("red", p_value), make_result("green", 0.5, test_id="calibration.two")]

    assert judge_results(results, policy=policy).level == level


def test_holm_gives_no_test_less_than_the_one_before():
    policy = replace(POLICY, red_level=0.04)
    # 3 · .016 and 2 · .02 = .04: the second has .048 too, and remains
    ids = [f"calibration.{number}" for number in range(3)]
    values = [0.016, 0.02, 0.5]
    lights = ["red", "red", "green"]
    results = [
        make_result(light, value, test_id=name)
        for light, value, name in zip(lights, values, ids, strict=True)
    ]

    figures = judge_results(results, policy=policy).figures

    assert figures["lasting_red_count"] == 2
    worse = [replace(results[0], p_value=0.017), *results[1:]]
    assert judge_results(worse, policy=policy).figures["lasting_red_count"] == 0


def test_twelve_results_are_shown_and_the_rest_counted():
    amber = [make_result("amber", 0.02, test_id=f"calibration.{n}") for n in range(13)]

    assert judge_results(amber, policy=POLICY).reasons[-1] == "… and 1 more"
    assert len(judge_results(amber, policy=POLICY).reasons) == 14
    assert len(judge_results(amber[:12], policy=POLICY).reasons) == 13


def test_figures_count_the_lights():
    results = [
        make_result("red", 0.009),
        make_result("amber", 0.02, test_id="calibration.two"),
        make_result("green", 0.5, test_id="calibration.three"),
        make_result("not judged", test_id="calibration.four"),
    ]

    assert judge_results(results, policy=POLICY).figures == {
        "red_count": 1.0,
        "lasting_red_count": 1.0,
        "amber_count": 1.0,
        "judged_count": 3.0,
    }


def test_at_most_twelve_reasons_are_told_where_nothing_could_be_judged():
    results = [
        make_result("not judged", test_id=f"calibration.{n}", reason=f"lack {n}") for n in range(20)
    ]

    verdict = judge_results(results, policy=POLICY)

    assert (verdict.level, len(verdict.reasons)) == ("not judged", 12)


def test_what_the_essential_chapters_lack_is_told_and_otherwise_what_any_lacks():
    essential = make_result("not judged", reason="no outcomes")
    other = make_result("not judged", chapter="data quality", reason="no months")

    assert judge_results([other, essential], policy=POLICY).reasons[1:] == ("no outcomes",)
    assert judge_results([other], policy=POLICY).reasons[1:] == ("no months",)
