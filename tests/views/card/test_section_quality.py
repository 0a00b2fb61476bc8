from types import SimpleNamespace

import pytest

from credit_default.model.evaluation.refit_stability import RefitStability
from credit_default.views.card.section_quality import build_stability_section


def build(refit_count):
    stability = RefitStability(
        refit_count=refit_count,
        lowest_roc_auc=0.77,
        highest_roc_auc=0.78,
        mean_difference=0.044,
        high_difference=0.138,
        changed_decision_share=0.061,
    )
    return build_stability_section(SimpleNamespace(stability=stability, refit_client_share=0.8))


@pytest.mark.parametrize(("refit_count", "times"), [(1, "once"), (5, "5 times")])
def test_stability_says_how_often_the_recipe_was_refitted(refit_count, times):
    introduction, table = build(refit_count).blocks

    assert introduction.text.startswith(f"The recipe was refitted {times} with another seed")
    assert table.rows[-1] == ("decisions that change", "6.1%")


def test_stability_that_was_not_measured_says_so():
    (paragraph,) = build_stability_section(SimpleNamespace(stability=None)).blocks

    assert paragraph.text == "Not measured: the settings ask for no refit."
