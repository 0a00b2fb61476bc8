from credit_default.room.charts.batch_charts import draw_defaults, draw_distribution, draw_moves
from credit_default.services.batches.batch_columns import ColumnMove, Distribution
from credit_default.services.batches.batch_outcomes import BandOutcomes


def test_column_that_moved_farthest_stands_first_and_is_marked():
    moves = [
        ColumnMove("age", "", "psi", 0.05, 0.1, 0.5),
        ColumnMove("limit", "", "psi", 0.2, 0.1, 2.0),
    ]

    chart = draw_moves(moves)

    assert [row[0] for row in chart.rows] == ["limit", "age"]
    assert chart.rows[0] == ("limit", "–", "PSI", "0.200", "0.100", "2.00", "moved")
    assert chart.figure["data"][0]["meta"]["levels"] == ["ok", "alarm"]


def test_distribution_without_a_reference_draws_the_batch_alone():
    chart = draw_distribution(Distribution("age", "", ("low",), (3,), (1.0,), ()))

    assert [trace["name"] for trace in chart.figure["data"]] == ["this batch"]
    assert chart.rows == [("low", "3", "100.0%", "–")]


def test_defaults_that_are_not_known_have_no_bar():
    band = BandOutcomes("A", 4, 0, 0, 1, 0.25, None)

    chart = draw_defaults([band])

    assert chart.figure["data"][1]["y"] == [None]
    assert chart.rows == [("A", "4", "1", "25.0%", "0", "–")]
