import pytest
from tests.fakes.scored_samples import change, draw_reference_case, draw_sample, run_one

from credit_default.gates.validation.benchmark import TESTS


def test_paired_difference_is_that_of_another_implementation():
    sample, _ = draw_reference_case()

    found = run_one(TESTS, "delong_official", sample)

    # riskvalidation 1.0.1, disc_delong of the benchmark against the model.
    assert found.statistic == pytest.approx(-1.7846259594838245, abs=1e-9)
    assert found.p_value == pytest.approx(0.07432200780122206, abs=1e-9)


@pytest.mark.parametrize("name", ["auc", "log_loss", "brier"])
def test_benchmark_that_is_better_is_red_and_one_that_is_worse_is_green(name):
    sample = draw_sample(1, row_count=4_000)
    swapped = change(
        sample,
        default_probability=sample.benchmark_probability,
        benchmark_probability=sample.default_probability,
    )

    assert run_one(TESTS, name, sample).light == "green"
    assert run_one(TESTS, name, swapped).light == "red"


def test_model_that_is_its_own_benchmark_is_not_judged():
    sample = draw_sample(2)
    same = change(sample, benchmark_probability=sample.default_probability)

    for name in ("auc", "delong_official", "log_loss", "brier"):
        assert run_one(TESTS, name, same).light == "not judged"
    assert run_one(TESTS, "agreement", same).statistic == pytest.approx(1.0)
