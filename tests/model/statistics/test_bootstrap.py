import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from credit_default.errors import InputError
from credit_default.model.statistics.bootstrap import (
    check_scores,
    draw_weights,
    find_widest_distance,
    measure_log_loss,
    measure_ranking,
    measure_roc_auc,
    rank_probabilities,
)

# Coarse probabilities, so that ties are common.
SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=60).filter(
    lambda rows: len({outcome for outcome, _ in rows}) == 2
)


def measure(defaulted, probability, weights):
    return measure_ranking(
        np.atleast_2d(weights), defaulted=defaulted, ranked=rank_probabilities(probability)
    )


@given(SCORED)
def test_ranking_figures_are_those_of_scikit_learn(rows):
    defaulted = np.array([outcome for outcome, _ in rows])
    probability = np.array([level / 8 for _, level in rows])

    figures = measure(defaulted, probability, np.ones(len(rows)))
    alarmed, caught, _ = roc_curve(defaulted, probability)

    assert figures.roc_auc[0] == pytest.approx(roc_auc_score(defaulted, probability))
    assert figures.average_precision[0] == pytest.approx(
        average_precision_score(defaulted, probability)
    )
    assert figures.ks[0] == pytest.approx(np.abs(caught - alarmed).max())


@settings(max_examples=30)
@given(SCORED, st.integers(0, 1000))
def test_a_weight_counts_a_row_as_often_as_it_was_drawn(rows, seed):
    defaulted = np.array([outcome for outcome, _ in rows])
    probability = np.array([level / 8 for _, level in rows])
    drawn = np.vstack(list(draw_weights(len(rows), resample_count=6, seed=seed)))
    default_counts = drawn @ defaulted
    weights = drawn[(default_counts > 0) & (default_counts < len(rows))]

    figures = measure(defaulted, probability, weights)
    alone = measure_roc_auc(weights, defaulted=defaulted, ranked=rank_probabilities(probability))

    assert alone.tolist() == figures.roc_auc.tolist()
    for number, drawn in enumerate(weights.astype(int)):
        expected = roc_auc_score(np.repeat(defaulted, drawn), np.repeat(probability, drawn))
        assert figures.roc_auc[number] == pytest.approx(expected)


def test_the_number_of_defaults_varies_as_it_varies_between_samples():
    defaulted = np.array([1] * 300 + [0] * 700)

    weights = np.vstack(list(draw_weights(1_000, resample_count=2_000, seed=1)))

    assert weights.shape == (2_000, 1_000)
    assert set(weights.sum(axis=1)) == {1_000.0}
    drawn = weights @ defaulted
    assert drawn.mean() == pytest.approx(300, abs=1.5)
    assert drawn.std() == pytest.approx(np.sqrt(1_000 * 0.3 * 0.7), rel=0.06)


def test_rows_of_a_cluster_are_drawn_together():
    clusters = np.array([0, 1, 1, 2, 0, 2, 3])

    weights = np.vstack(list(draw_weights(7, resample_count=40, seed=1, clusters=clusters)))

    for code in range(4):
        assert np.ptp(weights[:, clusters == code], axis=1).max() == 0
    firsts = weights[:, [0, 1, 3, 6]]
    assert set(firsts.sum(axis=1)) == {4.0}
    assert len(np.unique(firsts, axis=0)) > 10


def test_the_same_seed_draws_the_same_weights_in_bounded_blocks():
    first, again = (draw_weights(900_000, resample_count=5, seed=4) for _ in range(2))
    blocks = list(first)

    assert [block.shape for block in blocks] == [(2, 900_000), (2, 900_000), (1, 900_000)]
    assert next(again).tobytes() == blocks[0].tobytes()


@pytest.mark.parametrize("weights", [[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
def test_a_resample_with_one_outcome_has_no_ranking(weights):
    defaulted, probability = np.array([1, 0, 0]), np.array([0.9, 0.2, 0.1])
    ranked = rank_probabilities(probability)

    figures = measure(defaulted, probability, weights)
    alone = measure_roc_auc(np.array([weights]), defaulted=defaulted, ranked=ranked)

    found = [figures.roc_auc, figures.ks, figures.average_precision, alone]
    assert np.isnan(np.concatenate(found)).all()


def test_log_loss_is_finite_where_the_model_was_certain_and_wrong():
    loss = measure_log_loss(np.array([1, 0, 1]), np.array([0.0, 0.5, 1.0]))

    assert loss == pytest.approx([34.54, 0.6931, 0.0], abs=0.01)


@pytest.mark.parametrize(
    ("defaulted", "probability", "found"),
    [
        ([0, 1], [0.5], "one outcome for each probability"),
        ([], [], "one outcome for each probability"),
        ([[0, 1]], [[0.1, 0.2]], "one outcome for each probability"),
        ([0, 2], [0.1, 0.2], "not 0 or 1"),
        ([0, np.nan], [0.1, 0.2], "not 0 or 1"),
        ([0, 1], [0.1, np.nan], "missing or outside"),
        ([0, 1], [0.1, 1.1], "missing or outside"),
        ([0, 1], [-0.1, 0.1], "missing or outside"),
    ],
)
def test_what_cannot_be_compared_is_refused(defaulted, probability, found):
    with pytest.raises(InputError, match=found):
        check_scores(np.array(defaulted), np.array(probability))


@pytest.mark.parametrize("clusters", [None, np.array([0, 2, 2, 1, 0, 3])])
def test_a_weight_is_how_often_its_place_was_drawn(clusters):
    drawn_count = 6 if clusters is None else 4

    (weights,) = draw_weights(6, resample_count=5, seed=9, clusters=clusters)

    places = np.random.default_rng(9).integers(0, drawn_count, size=(5, drawn_count))
    expected = [[list(drawn).count(place) for place in range(drawn_count)] for drawn in places]
    for row, counts in zip(weights, expected, strict=True):
        assert row.tolist() == [
            counts[code] for code in (range(6) if clusters is None else clusters)
        ]


def test_blocks_go_on_drawing_and_a_sample_beyond_a_block_is_drawn_one_by_one():
    shapes = [block.shape for block in draw_weights(1_000_000, resample_count=3, seed=1)]
    single = [block.shape for block in draw_weights(2_000_001, resample_count=2, seed=1)]
    first, second, *_ = draw_weights(1_000_000, resample_count=4, seed=1)

    assert shapes == [(2, 1_000_000), (1, 1_000_000)]
    assert single == [(1, 2_000_001), (1, 2_000_001)]
    assert not np.array_equal(first, second)


@given(SCORED)
def test_the_widest_distance_is_reached_where_a_search_by_hand_finds_it(rows):
    defaulted = np.array([outcome for outcome, _ in rows])
    probability = np.array([level / 8 for _, level in rows])

    place = find_widest_distance(defaulted, rank_probabilities(probability))

    def measure_at(cut):
        above = probability >= cut
        return abs(above[defaulted == 1].mean() - above[defaulted == 0].mean())

    cut = probability[rank_probabilities(probability).order[place]]
    assert place == (probability >= cut).sum() - 1
    assert measure_at(cut) == pytest.approx(max(map(measure_at, probability)), abs=1e-12)


def test_of_equally_wide_distances_the_first_is_taken():
    ranked = rank_probabilities(np.array([0.9, 0.8, 0.7, 0.6]))

    assert find_widest_distance(np.array([1, 0, 1, 0]), ranked) == 0
    assert find_widest_distance(np.array([0, 1, 0, 1]), ranked) == 0


@pytest.mark.parametrize("outcome", [0, 1])
def test_the_widest_distance_of_one_outcome_is_reached_at_its_end(outcome):
    ranked = rank_probabilities(np.array([0.1, 0.4, 0.4, 0.2]))

    assert find_widest_distance(np.full(4, outcome), ranked) == 3
    assert (ranked.order.tolist(), ranked.ends.tolist()) == ([1, 2, 3, 0], [1, 2, 3])


@settings(max_examples=40)
@given(SCORED, st.integers(0, 1000))
def test_all_ranking_figures_count_a_row_as_often_as_it_was_drawn(rows, seed):
    defaulted = np.array([outcome for outcome, _ in rows])
    probability = np.array([level / 8 for _, level in rows])
    (weights,) = draw_weights(len(rows), resample_count=1, seed=seed)
    drawn = weights[0]
    figures = measure(defaulted, probability, weights)
    if len(set(defaulted[drawn > 0])) < 2:
        assert np.isnan(figures.ks[0])
        return

    alarmed, caught, _ = roc_curve(defaulted, probability, sample_weight=drawn)

    assert figures.ks[0] == pytest.approx(np.abs(caught - alarmed).max(), abs=1e-12)
    assert figures.average_precision[0] == pytest.approx(
        average_precision_score(defaulted, probability, sample_weight=drawn), rel=1e-9
    )


def test_log_losses_are_clipped_to_the_last_digits():
    certain = measure_log_loss(np.array([1, 0, 1, 0]), np.array([0.0, 1.0, 0.25, 0.25]))

    assert certain == pytest.approx(
        [-np.log(1e-15), -np.log(1e-15), np.log(4), -np.log(0.75)], rel=1e-2
    )
    assert certain[2:] == pytest.approx([np.log(4), -np.log(0.75)], rel=1e-14)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_outcomes_and_probabilities_at_their_bounds_are_accepted(probability):
    check_scores(np.array([0]), np.array([probability]))
    check_scores([1.0], [probability])
