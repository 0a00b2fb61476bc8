import numpy as np

from credit_default.views.figures.calibration_figures import draw_calibration


def test_a_calibrated_score_is_found_calibrated():
    generator = np.random.default_rng(7)
    probability = generator.uniform(0, 1, 20_000)
    defaulted = (generator.random(20_000) < probability).astype(int)

    honest = draw_calibration(defaulted, probability).get_suptitle()
    inflated = draw_calibration(defaulted, probability**0.5).get_suptitle()

    assert honest in {f"{count} of 10 groups default as often as predicted" for count in (8, 9, 10)}
    assert inflated in {f"{count} of 10 groups default as often as predicted" for count in (0, 1)}
