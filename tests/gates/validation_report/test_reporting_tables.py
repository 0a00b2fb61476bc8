import numpy as np
import pytest
from scipy.stats import beta

from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.reporting_tables import (
    ALL_MONTHS,
    build_reporting_tables,
)

POLICY = ValidationPolicy()


def make_sample(**changed) -> ScoredSample:
    values = {
        "default_probability": np.array([0.1, 0.1, 0.3, 0.1, 0.3, 0.3]),
        "defaulted": np.array([0, 1, 1, 0, np.nan, 0]),
        "band": np.array(["A", "A", "B", "A", "B", "B"]),
        "month": np.array(["2025-01"] * 3 + ["2025-02"] * 3),
        "client_id": np.array(["x", "y", "z", "x", "y", "z"]),
    }
    return ScoredSample(**(values | changed))


def test_each_band_is_counted_in_all_months_and_in_each():
    tables = build_reporting_tables(make_sample(), reference=None, policy=POLICY)

    counts = {
        (row.month, row.band): (
            row.row_count,
            row.client_count,
            row.outcome_count,
            row.default_count,
        )
        for row in tables.by_band
    }
    assert counts == {
        (ALL_MONTHS, "A"): (3, 2, 3, 1),
        (ALL_MONTHS, "B"): (3, 2, 2, 1),
        ("2025-01", "A"): (2, 2, 2, 1),
        ("2025-01", "B"): (1, 1, 1, 1),
        ("2025-02", "A"): (1, 1, 1, 0),
        ("2025-02", "B"): (2, 2, 1, 0),
    }


def test_the_jeffreys_p_value_is_that_of_the_posterior():
    row = build_reporting_tables(make_sample(), reference=None, policy=POLICY).by_band[0]

    assert row.default_rate == pytest.approx(1 / 3)
    assert row.jeffreys_p_value == pytest.approx(beta(1.5, 2.5).cdf(0.1), rel=1e-12)


def test_the_jeffreys_p_values_are_those_of_the_battery():
    generator = np.random.default_rng(0)
    probability = generator.beta(2, 6, 2_000)
    sample = ScoredSample(
        probability,
        defaulted=(generator.random(2_000) < probability).astype(float),
        band=np.where(probability < 0.2, "A", "B"),
    )

    tables = build_reporting_tables(sample, reference=None, policy=POLICY)
    results = run_battery(sample, None, POLICY, "digest")

    in_battery = {
        r.subject: r.p_value for r in results if r.test_id == "calibration.jeffreys_by_band"
    }
    assert in_battery == pytest.approx(
        {f"band {row.band}": row.jeffreys_p_value for row in tables.by_band}
    )


def test_probabilities_that_are_given_with_the_bands_are_theirs():
    sample = make_sample(band_probability={"A": 0.05, "B": 0.4}, band_order=("B", "A"))

    tables = build_reporting_tables(sample, reference=None, policy=POLICY)

    assert tables.bands == ("B", "A")
    assert [row.default_probability for row in tables.by_band[:2]] == [0.4, 0.05]


def test_migrations_count_clients_in_two_months():
    migration = build_reporting_tables(make_sample(), reference=None, policy=POLICY).migration

    assert migration.bands == ("A", "B")
    assert migration.counts == ((1, 1), (0, 1))
    assert (migration.first_month, migration.last_month) == ("2025-01", "2025-02")


@pytest.mark.parametrize("absent", [{"month": None}, {"client_id": None}])
def test_migrations_are_absent_without_months_or_clients(absent):
    tables = build_reporting_tables(make_sample(**absent), reference=None, policy=POLICY)

    assert tables.migration is None


def test_concentration_is_1_where_one_band_holds_all_and_least_where_all_are_equal():
    equal = build_reporting_tables(make_sample(), reference=None, policy=POLICY).concentration[0]
    single = build_reporting_tables(
        make_sample(band=np.array(["A"] * 6)), reference=None, policy=POLICY
    ).concentration[0]

    assert (equal.shares, equal.variation, equal.herfindahl) == ((0.5, 0.5), 0.0, 0.5)
    assert single.herfindahl == 1.0


def test_scores_without_bands_are_cut_by_the_references_quantiles():
    generator = np.random.default_rng(0)
    reference = ScoredSample(generator.random(1_000))
    sample = ScoredSample(generator.random(500) / 2)

    tables = build_reporting_tables(sample, reference=reference, policy=POLICY)

    assert not tables.are_bands_given
    assert tables.concentration[1].shares == pytest.approx([0.1] * 10, abs=0.01)
    assert tables.concentration[0].shares[5:] == (0,) * 5
    assert sum(tables.concentration[0].shares) == pytest.approx(1)
    assert tables.by_band[0].jeffreys_p_value is None


def build(sample, reference=None, **policy):
    return build_reporting_tables(sample, reference=reference, policy=ValidationPolicy(**policy))


def test_a_single_month_is_told_once_and_what_is_not_known_is_absent():
    sample = make_sample(
        defaulted=None, client_id=None, month=np.array(["2025-01"] * 6), band_order=("A", "B")
    )

    rows = build(sample).by_band

    assert [(row.month, row.band) for row in rows] == [(ALL_MONTHS, "A"), (ALL_MONTHS, "B")]
    assert {(row.client_count, row.outcome_count, row.default_rate) for row in rows} == {
        (None, 0, None)
    }
    assert [row.jeffreys_p_value for row in rows] == [None, None]
    assert [row.default_probability for row in rows] == pytest.approx([0.1, 0.3])


def test_bands_of_a_cut_are_numbered_by_how_many_there_are_and_an_edge_is_in_the_one_above():
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    sample = ScoredSample(scores)

    tables = build(sample, band_count=4)

    assert tables.bands == ("1 of 4", "2 of 4", "3 of 4", "4 of 4")
    assert not tables.are_bands_given
    assert [row.row_count for row in tables.by_band] == [2, 2, 2, 2]
    tied = build(ScoredSample(np.array([0.2] * 6 + [0.4] * 2)), band_count=4)
    # The quartiles are .2, .2 and .25: two edges, and nobody is below the first.
    assert [(row.band, row.row_count) for row in tied.by_band] == [("2 of 3", 6), ("3 of 3", 2)]


def test_bands_of_the_reference_that_the_sample_lacks_have_no_rows_and_no_share_of_it():
    reference = ScoredSample(np.array([0.1, 0.3, 0.9, 0.9]), band=np.array(["A", "B", "C", "C"]))

    tables = build(make_sample(), reference)

    assert tables.bands == ("A", "B", "C")
    assert [(row.sample, row.shares) for row in tables.concentration] == [
        ("sample", (0.5, 0.5, 0.0)),
        ("reference", (0.25, 0.25, 0.5)),
    ]
    own, other = tables.concentration
    assert own.herfindahl == pytest.approx(0.5)
    assert own.variation == pytest.approx(np.sqrt(3 * (2 * (1 / 2 - 1 / 3) ** 2 + 1 / 9)))
    assert other.herfindahl == pytest.approx(0.375)


def test_a_reference_without_bands_is_left_out_beside_a_sample_that_has_some():
    bare = ScoredSample(np.array([0.1, 0.3]))

    assert [row.sample for row in build(make_sample(), bare).concentration] == ["sample"]
    both = build(ScoredSample(np.array([0.1, 0.3])), bare, band_count=2)
    assert [row.sample for row in both.concentration] == ["sample", "reference"]


def test_months_of_moves_are_the_first_and_the_last():
    found = build(make_sample()).migration

    assert (found.first_month, found.last_month, found.bands) == ("2025-01", "2025-02", ("A", "B"))
    assert found.counts == ((1, 1), (0, 1))


def test_the_last_of_three_months_is_the_last_month_of_moves():
    months = np.repeat(["2025-01", "2025-02", "2025-03"], 2)
    clients = np.array(["x", "y"] * 3)

    found = build(make_sample(month=months, client_id=clients)).migration

    assert (found.first_month, found.last_month) == ("2025-01", "2025-03")
