import numpy as np

from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import LIGHTS, ValidationResult
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.report import build_report, sort_worst_first

POLICY = ValidationPolicy()


def make_report(*, shift=0.0, row_count=3_000):
    generator = np.random.default_rng(0)
    odds = generator.normal(-1.55, 1.15, row_count)
    probability = 1 / (1 + np.exp(-odds))
    sample = ScoredSample(
        probability,
        defaulted=(generator.random(row_count) < 1 / (1 + np.exp(-odds - shift))).astype(float),
        month=np.array(["2025-01", "2025-03"])[np.arange(row_count) % 2],
    )
    results = run_battery(sample, None, POLICY, "digest")
    return build_report(
        results, sample, reference=None, policy=POLICY, subject="a file", input_digest="digest"
    )


def test_forty_tests_are_listed_even_where_they_are_not_judged():
    assert make_report().test_count >= 40


def test_counts_of_lights_are_those_of_the_results():
    report = make_report()

    counts = report.count_lights()
    assert sum(counts.values()) == len(report.results)
    assert tuple(counts) == LIGHTS
    by_chapter = [
        report.count_lights(chapter=chapter)["green"]
        for chapter in {r.chapter for r in report.results}
    ]
    assert sum(by_chapter) == counts["green"]


def test_the_facts_of_the_sample_are_told():
    facts = make_report().sample

    assert facts.row_count == facts.outcome_count == 3_000
    assert facts.months == ("2025-01", "2025-03")
    assert 0.18 < facts.default_rate < 0.28


def test_a_model_at_a_wrong_level_is_an_alarm_and_a_right_one_is_not():
    assert make_report().verdict.passed
    assert make_report(shift=0.4).verdict.level == "alarm"


def test_the_worst_results_come_first():
    results = sort_worst_first(make_report(shift=0.4).results)

    places = [LIGHTS.index(result.light) for result in results]
    assert places == sorted(places)
    red = [r.p_value for r in results if r.light == "red" and r.p_value is not None]
    assert red == sorted(red)


def make_result(light, p_value=None, *, chapter="stability", test_id="a"):
    return ValidationResult(
        test_id, chapter, "t", "s", None, "", p_value, "", "", light, "", "policy", "digest"
    )


def test_of_one_light_what_has_no_p_value_comes_first_and_then_the_smallest():
    results = [
        make_result("green", 0.0),
        make_result("red", 0.02),
        make_result("red"),
        make_result("red", 0.0),
        make_result("amber", 0.001),
    ]

    found = [(result.light, result.p_value) for result in sort_worst_first(results)]

    assert found == [("red", None), ("red", 0.0), ("red", 0.02), ("amber", 0.001), ("green", 0.0)]


def report_on(sample, results=()):
    return build_report(
        results, sample, reference=None, policy=POLICY, subject="a file", input_digest="digest"
    )


def test_facts_of_rows_without_outcomes_or_months_and_with_some():
    bare = report_on(ScoredSample(np.array([0.1, 0.3]))).sample
    assert (bare.row_count, bare.outcome_count, bare.default_count) == (2, 0, 0)
    assert (bare.mean_probability, bare.default_rate, bare.months) == (0.2, None, ())

    some = report_on(
        ScoredSample(np.array([0.1, 0.3, 0.2, 0.2]), defaulted=np.array([1, 0, np.nan, 0]))
    ).sample
    assert (some.outcome_count, some.default_count, some.default_rate) == (3, 1, 1 / 3)


def test_lights_are_counted_by_chapter_and_tests_once():
    report = report_on(
        ScoredSample(np.array([0.1, 0.3])),
        [
            make_result("red"),
            make_result("red", chapter="fairness", test_id="b"),
            make_result("green", chapter="fairness", test_id="b"),
        ],
    )

    assert report.test_count == 2
    assert report.count_lights()["red"] == 2
    assert report.count_lights(chapter="fairness") == {
        "red": 1,
        "amber": 0,
        "green": 1,
        "for information": 0,
        "not judged": 0,
    }
