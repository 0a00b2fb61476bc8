import io
from dataclasses import replace

import numpy as np
import pytest

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import measure_fairness
from credit_default.views.figures.fairness_figure import draw_fairness

SUBTITLE = "model 3 · simulated data · $5_000"


def measure(people, count=2_000, *, by=0.0):
    rows, probability = people.make(count)
    return measure_fairness(
        rows,
        people.mistreat(rows, probability, by=by),
        schema=people.schema,
        decision_policy=DecisionPolicy(),
        seed=1,
        policy=FairnessPolicy(resample_count=40),
    )


def read_names(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_it_is_a_png_1200_pixels_wide_with_title_and_labels(people):
    figure = draw_fairness(measure(people), lowest_ratio=0.8, subtitle=SUBTITLE)
    file = io.BytesIO()

    figure.savefig(file, format="png")

    assert int.from_bytes(file.getvalue()[16:20], "big") == 1200
    assert figure.axes[0].get_title(loc="left") == SUBTITLE
    assert "most accepted group" in figure.axes[0].get_xlabel()


def test_groups_of_single_attributes_stand_in_the_report_s_order_with_the_first_on_top(people):
    figure = draw_fairness(measure(people), lowest_ratio=0.8)

    assert read_names(figure)[:3] == ["sex: male", "sex: female", "age: below 30"]
    assert len(read_names(figure)) == 2 + 5
    low, high = figure.axes[0].get_ylim()
    assert low > high


def test_the_four_fifths_line_is_drawn_where_the_policy_has_it(people):
    figure = draw_fairness(measure(people), lowest_ratio=0.75)

    assert 0.75 in [line.get_xdata()[0] for line in figure.axes[0].lines]


@pytest.mark.parametrize(
    ("by", "title"),
    [
        (0.0, "Every judged group reaches 0.8"),
        (
            0.15,
            "sex female is accepted 0.14 times as often as the most accepted group, beyond noise",
        ),
    ],
)
def test_the_title_says_who_is_accepted_least(people, by, title):
    assert (
        draw_fairness(measure(people, by=by), lowest_ratio=0.8)
        .get_suptitle()
        .replace("\n", " ")
        .startswith(title)
    )


def test_a_ratio_below_the_line_that_may_be_chance_is_called_so(people):
    report = measure(people, by=0.15)
    doubtful = tuple(
        group
        if group.acceptance_ratio is None
        else replace(
            group,
            acceptance_ratio=replace(
                group.acceptance_ratio, high=max(0.95, group.acceptance_ratio.high)
            ),
        )
        for group in report.groups
    )

    title = (
        draw_fairness(replace(report, groups=doubtful), lowest_ratio=0.8)
        .get_suptitle()
        .replace("\n", " ")
    )

    assert title.endswith("which may be noise")


def test_groups_too_small_are_named_in_grey_with_their_rows(people):
    figure = draw_fairness(measure(people, 400), lowest_ratio=0.8)

    texts = [text.get_text() for text in figure.axes[0].texts]
    small = [text for text in texts if text.endswith("too few")]
    assert len(small) >= 1
    assert "clients" in small[0]
    colours = {label.get_color() for label in figure.axes[0].get_yticklabels()}
    assert len(colours) == 2


def test_with_nobody_to_compare_it_says_so(people):
    figure = draw_fairness(measure(people, 60), lowest_ratio=0.8)

    assert figure.get_suptitle() == "No two groups are large enough to compare"


def test_a_meaning_with_dollars_is_no_mathematics(people):
    report = measure(people)
    named = tuple(
        replace(group, group=f"$x_{number}$") for number, group in enumerate(report.groups)
    )

    figure = draw_fairness(replace(report, groups=named), lowest_ratio=0.8)
    figure.savefig(io.BytesIO(), format="png")

    assert np.all([not label.get_parse_math() for label in figure.axes[0].get_yticklabels()])
