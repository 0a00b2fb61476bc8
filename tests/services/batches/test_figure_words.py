import pytest

from credit_default.services.batches.figure_words import name_figure, write_figure


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
