from dataclasses import replace

import numpy as np
import pytest

from credit_default.model.evaluation.metrics import evaluate
from credit_default.services.assessment.figures import (
    describe_test_side,
    draw_challenger,
    draw_figures,
)
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.training_rows import split_rows


@pytest.fixture(scope="module")
def challenger(champion_lake):
    training = champion_lake.training
    return fit_challenger(
        champion_lake.wiring, training, split_rows(champion_lake.wiring, training)
    )


@pytest.fixture(autouse=True)
def closed():
    yield
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def read_texts(figure):
    from matplotlib.text import Text

    return " ".join(found.get_text() for found in figure.findobj(Text))


def draw(challenger):
    return dict(draw_figures(challenger, None, subtitle=describe_test_side(challenger)))


@pytest.mark.nightly
def test_pictures_are_png_under_the_names_of_their_files(challenger):
    pictures = draw_challenger(challenger)

    assert {picture.path for picture in pictures.values()} == {
        f"figures/{name}.png" for name in pictures
    }
    assert all(
        picture.png.startswith(b"\x89PNG") and picture.description for picture in pictures.values()
    )


def test_every_picture_is_drawn_where_both_outcomes_are_known(challenger):
    assert set(draw(challenger)) == {
        "roc",
        "precision_recall",
        "calibration",
        "score_distribution",
        "confusion",
        "cost",
        "importance",
    }


def test_curves_are_left_out_where_no_client_defaulted(challenger):
    no_defaults = np.zeros_like(challenger.test_defaulted)
    evaluation = evaluate(
        no_defaults, challenger.test_probability, policy=challenger.bundle.decision_policy, seed=1
    )

    drawn = draw(replace(challenger, test_defaulted=no_defaults, evaluation=evaluation))

    assert set(drawn) == {"confusion", "importance"}


@pytest.mark.parametrize(("origin", "said"), [("simulated", True), ("real", False)])
def test_picture_says_that_data_are_simulated_when_they_are(challenger, origin, said):
    drawn = draw(replace(challenger, data_origin=origin))

    assert all(("SIMULATED" in read_texts(figure)) is said for figure in drawn.values())


def test_picture_says_which_model_it_is_of_and_on_how_many_unseen_clients(challenger):
    texts = read_texts(draw(challenger)["roc"])

    assert challenger.bundle.digest[:8] in texts
    assert f"{challenger.evaluation.row_count:,}" in texts
