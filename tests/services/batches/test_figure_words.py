import pytest

from credit_default.services.batches.figure_words import name_figure, say_reason, write_figure


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("expected_default_share", 0.2214, ("expected defaults", "22.1%")),
        ("roc_auc_low", 0.78123, ("ROC AUC, lower end", "0.7812")),
        ("row_count", 1500.0, ("row count", "1,500")),
        ("wait_days", None, ("wait days", "–")),
    ],
)
def test_figure_is_said_in_words(name, value, words):
    assert (name_figure(name), write_figure(name, value)) == words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "the score moved: psi 0.332, limit 0.100 (drift.score_threshold)",
            "the score moved: PSI 0.332, limit 0.100",
        ),
        (
            "repayment_status_m1 moved: psi 0.419, limit 0.100 (the column's drift_threshold), 17% of the model",
            "repayment status m1 moved: PSI 0.419, limit 0.100, 17% of the model",
        ),
        (
            "541 came (+2%; 17% is allowed: performance.highest_calibration_error, performance.calibration_deviations)",
            "541 came (+2%; 17% is allowed)",
        ),
        (
            "a tie (promotion.confidence) (out of fold)",
            "a tie (out of fold)",
        ),
        ("8% -> 27% of my_file.csv (some.text)", "8% → 27% of my_file.csv (some.text)"),
    ],
)
def test_reason_is_said_without_the_names_of_code(reason, words):
    assert say_reason(reason) == words
