import pytest
from tests.fakes.histories import make_history

from credit_default.views.history.outcome_figures import draw_defaults, draw_performance


@pytest.mark.parametrize(
    ("draw", "title"),
    [
        (draw_defaults, "More defaults than chance explains in 3 of 16 batches"),
        (draw_performance, "The ranking was below its floor in 3 of 16 batches"),
    ],
)
def test_title_says_what_was_found(draw, title):
    assert draw(make_history(), subtitle="").get_suptitle().replace("\n", " ") == title
