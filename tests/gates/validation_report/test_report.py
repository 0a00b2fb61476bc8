import numpy as np

from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import LIGHTS
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
