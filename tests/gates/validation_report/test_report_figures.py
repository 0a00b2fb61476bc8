"""Every figure of a report's tables on fixed samples, as it stood when each was checked."""

import numpy as np
import pytest
from tests.fakes.pinned_figures import assert_unmoved
from tests.fakes.scored_samples import change, draw_sample

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation_report.report import build_report


def draw_moving_sample():
    """Clients of four months who move between bands; some outcomes are not known."""
    generator = np.random.default_rng(41)
    sample = draw_sample(42, row_count=800, month_count=4)
    steps = np.clip(np.arange(800) // 4 % 7 + generator.integers(-1, 2, 800), 0, 6)
    outcomes = sample.defaulted.copy()
    outcomes[generator.random(800) < 0.05] = np.nan
    return change(
        sample,
        client_id=np.arange(800) // 4,
        band=np.array(list("ABCDEFG"))[steps],
        defaulted=outcomes,
        band_probability={band: 0.05 * (place + 1) for place, band in enumerate("ABCDEFG")},
    )


def report(sample, reference):
    built = build_report(
        [],
        sample,
        reference=reference,
        policy=ValidationPolicy(),
        subject="a sample",
        input_digest="digest",
    )
    return {"sample": built.sample, "reference": built.reference, "tables": built.tables}


CASES = {
    "bands": lambda: report(draw_moving_sample(), draw_sample(43, row_count=500)),
    "cut": lambda: report(
        *(
            change(side, band=None, band_order=(), month=None, client_id=None)
            for side in (draw_sample(44, row_count=400), draw_sample(45, row_count=300))
        )
    ),
    "alone": lambda: report(change(draw_sample(46, row_count=300), defaulted=None), None),
}


@pytest.mark.parametrize("name", CASES)
def test_no_figure_of_a_table_moves(name):
    assert_unmoved(CASES[name](), PINNED[name])


PINNED = {
    "bands": """
sample.row_count=800 sample.outcome_count=753 sample.default_count=156
sample.mean_probability=0.218101593 reference.row_count=500 reference.outcome_count=500
reference.default_count=111 reference.mean_probability=0.223845819 tables.are_bands_given=1
tables.by_band.0.row_count=109 tables.by_band.0.client_count=54
tables.by_band.0.outcome_count=104 tables.by_band.0.default_count=18
tables.by_band.0.default_probability=0.05 tables.by_band.0.default_rate=0.173076923
tables.by_band.0.jeffreys_p_value=1.95697759e-06 tables.by_band.1.row_count=113
tables.by_band.1.client_count=73 tables.by_band.1.outcome_count=107
tables.by_band.1.default_count=26 tables.by_band.1.default_probability=0.1
tables.by_band.1.default_rate=0.242990654 tables.by_band.1.jeffreys_p_value=8.79293381e-06
tables.by_band.2.row_count=114 tables.by_band.2.client_count=70
tables.by_band.2.outcome_count=109 tables.by_band.2.default_count=23
tables.by_band.2.default_probability=0.15 tables.by_band.2.default_rate=0.211009174
tables.by_band.2.jeffreys_p_value=0.0419955549 tables.by_band.3.row_count=130
tables.by_band.3.client_count=74 tables.by_band.3.outcome_count=120
tables.by_band.3.default_count=25 tables.by_band.3.default_probability=0.2
tables.by_band.3.default_rate=0.208333333 tables.by_band.3.jeffreys_p_value=0.401398848
tables.by_band.4.row_count=103 tables.by_band.4.client_count=67
tables.by_band.4.outcome_count=93 tables.by_band.4.default_count=25
tables.by_band.4.default_probability=0.25 tables.by_band.4.default_rate=0.268817204
tables.by_band.4.jeffreys_p_value=0.331690714 tables.by_band.5.row_count=124
tables.by_band.5.client_count=70 tables.by_band.5.outcome_count=117
tables.by_band.5.default_count=24 tables.by_band.5.default_probability=0.3
tables.by_band.5.default_rate=0.205128205 tables.by_band.5.jeffreys_p_value=0.989461888
tables.by_band.6.row_count=107 tables.by_band.6.client_count=48
tables.by_band.6.outcome_count=103 tables.by_band.6.default_count=15
tables.by_band.6.default_probability=0.35 tables.by_band.6.default_rate=0.145631068
tables.by_band.6.jeffreys_p_value=0.999998378 tables.by_band.7.row_count=22
tables.by_band.7.client_count=22 tables.by_band.7.outcome_count=20
tables.by_band.7.default_count=3 tables.by_band.7.default_probability=0.05
tables.by_band.7.default_rate=0.15 tables.by_band.7.jeffreys_p_value=0.0358847896
tables.by_band.8.row_count=28 tables.by_band.8.client_count=28 tables.by_band.8.outcome_count=28
tables.by_band.8.default_count=8 tables.by_band.8.default_probability=0.1
tables.by_band.8.default_rate=0.285714286 tables.by_band.8.jeffreys_p_value=0.00245522508
tables.by_band.9.row_count=34 tables.by_band.9.client_count=34 tables.by_band.9.outcome_count=33
tables.by_band.9.default_count=3 tables.by_band.9.default_probability=0.15
tables.by_band.9.default_rate=0.0909090909 tables.by_band.9.jeffreys_p_value=0.828305639
tables.by_band.10.row_count=35 tables.by_band.10.client_count=35
tables.by_band.10.outcome_count=35 tables.by_band.10.default_count=5
tables.by_band.10.default_probability=0.2 tables.by_band.10.default_rate=0.142857143
tables.by_band.10.jeffreys_p_value=0.797487197 tables.by_band.11.row_count=27
tables.by_band.11.client_count=27 tables.by_band.11.outcome_count=25
tables.by_band.11.default_count=7 tables.by_band.11.default_probability=0.25
tables.by_band.11.default_rate=0.28 tables.by_band.11.jeffreys_p_value=0.352086137
tables.by_band.12.row_count=30 tables.by_band.12.client_count=30
tables.by_band.12.outcome_count=28 tables.by_band.12.default_count=5
tables.by_band.12.default_probability=0.3 tables.by_band.12.default_rate=0.178571429
tables.by_band.12.jeffreys_p_value=0.924850629 tables.by_band.13.row_count=24
tables.by_band.13.client_count=24 tables.by_band.13.outcome_count=24
tables.by_band.13.default_count=0 tables.by_band.13.default_probability=0.35
tables.by_band.13.default_rate=0 tables.by_band.13.jeffreys_p_value=0.999995166
tables.by_band.14.row_count=26 tables.by_band.14.client_count=26
tables.by_band.14.outcome_count=25 tables.by_band.14.default_count=5
tables.by_band.14.default_probability=0.05 tables.by_band.14.default_rate=0.2
tables.by_band.14.jeffreys_p_value=0.00302457961 tables.by_band.15.row_count=29
tables.by_band.15.client_count=29 tables.by_band.15.outcome_count=28
tables.by_band.15.default_count=4 tables.by_band.15.default_probability=0.1
tables.by_band.15.default_rate=0.142857143 tables.by_band.15.jeffreys_p_value=0.213335591
tables.by_band.16.row_count=34 tables.by_band.16.client_count=34
tables.by_band.16.outcome_count=34 tables.by_band.16.default_count=8
tables.by_band.16.default_probability=0.15 tables.by_band.16.default_rate=0.235294118
tables.by_band.16.jeffreys_p_value=0.0875712606 tables.by_band.17.row_count=31
tables.by_band.17.client_count=31 tables.by_band.17.outcome_count=27
tables.by_band.17.default_count=8 tables.by_band.17.default_probability=0.2
tables.by_band.17.default_rate=0.296296296 tables.by_band.17.jeffreys_p_value=0.108884272
tables.by_band.18.row_count=21 tables.by_band.18.client_count=21
tables.by_band.18.outcome_count=18 tables.by_band.18.default_count=5
tables.by_band.18.default_probability=0.25 tables.by_band.18.default_rate=0.277777778
tables.by_band.18.jeffreys_p_value=0.376832544 tables.by_band.19.row_count=29
tables.by_band.19.client_count=29 tables.by_band.19.outcome_count=29
tables.by_band.19.default_count=9 tables.by_band.19.default_probability=0.3
tables.by_band.19.default_rate=0.310344828 tables.by_band.19.jeffreys_p_value=0.441086923
tables.by_band.20.row_count=30 tables.by_band.20.client_count=30
tables.by_band.20.outcome_count=28 tables.by_band.20.default_count=4
tables.by_band.20.default_probability=0.35 tables.by_band.20.default_rate=0.142857143
tables.by_band.20.jeffreys_p_value=0.992672408 tables.by_band.21.row_count=35
tables.by_band.21.client_count=35 tables.by_band.21.outcome_count=34
tables.by_band.21.default_count=7 tables.by_band.21.default_probability=0.05
tables.by_band.21.default_rate=0.205882353 tables.by_band.21.jeffreys_p_value=0.000538694801
tables.by_band.22.row_count=26 tables.by_band.22.client_count=26
tables.by_band.22.outcome_count=23 tables.by_band.22.default_count=6
tables.by_band.22.default_probability=0.1 tables.by_band.22.default_rate=0.260869565
tables.by_band.22.jeffreys_p_value=0.0116923143 tables.by_band.23.row_count=24
tables.by_band.23.client_count=24 tables.by_band.23.outcome_count=21
tables.by_band.23.default_count=6 tables.by_band.23.default_probability=0.15
tables.by_band.23.default_rate=0.285714286 tables.by_band.23.jeffreys_p_value=0.0499012294
tables.by_band.24.row_count=28 tables.by_band.24.client_count=28
tables.by_band.24.outcome_count=25 tables.by_band.24.default_count=5
tables.by_band.24.default_probability=0.2 tables.by_band.24.default_rate=0.2
tables.by_band.24.jeffreys_p_value=0.479514564 tables.by_band.25.row_count=29
tables.by_band.25.client_count=29 tables.by_band.25.outcome_count=26
tables.by_band.25.default_count=8 tables.by_band.25.default_probability=0.25
tables.by_band.25.default_rate=0.307692308 tables.by_band.25.jeffreys_p_value=0.242199263
tables.by_band.26.row_count=31 tables.by_band.26.client_count=31
tables.by_band.26.outcome_count=30 tables.by_band.26.default_count=8
tables.by_band.26.default_probability=0.3 tables.by_band.26.default_rate=0.266666667
tables.by_band.26.jeffreys_p_value=0.645929755 tables.by_band.27.row_count=27
tables.by_band.27.client_count=27 tables.by_band.27.outcome_count=26
tables.by_band.27.default_count=5 tables.by_band.27.default_probability=0.35
tables.by_band.27.default_rate=0.192307692 tables.by_band.27.jeffreys_p_value=0.95921499
tables.by_band.28.row_count=26 tables.by_band.28.client_count=26
tables.by_band.28.outcome_count=25 tables.by_band.28.default_count=3
tables.by_band.28.default_probability=0.05 tables.by_band.28.default_rate=0.12
tables.by_band.28.jeffreys_p_value=0.0680051824 tables.by_band.29.row_count=30
tables.by_band.29.client_count=30 tables.by_band.29.outcome_count=28
tables.by_band.29.default_count=8 tables.by_band.29.default_probability=0.1
tables.by_band.29.default_rate=0.285714286 tables.by_band.29.jeffreys_p_value=0.00245522508
tables.by_band.30.row_count=22 tables.by_band.30.client_count=22
tables.by_band.30.outcome_count=21 tables.by_band.30.default_count=6
tables.by_band.30.default_probability=0.15 tables.by_band.30.default_rate=0.285714286
tables.by_band.30.jeffreys_p_value=0.0499012294 tables.by_band.31.row_count=36
tables.by_band.31.client_count=36 tables.by_band.31.outcome_count=33
tables.by_band.31.default_count=7 tables.by_band.31.default_probability=0.2
tables.by_band.31.default_rate=0.212121212 tables.by_band.31.jeffreys_p_value=0.414337884
tables.by_band.32.row_count=26 tables.by_band.32.client_count=26
tables.by_band.32.outcome_count=24 tables.by_band.32.default_count=5
tables.by_band.32.default_probability=0.25 tables.by_band.32.default_rate=0.208333333
tables.by_band.32.jeffreys_p_value=0.669273114 tables.by_band.33.row_count=34
tables.by_band.33.client_count=34 tables.by_band.33.outcome_count=30
tables.by_band.33.default_count=2 tables.by_band.33.default_probability=0.3
tables.by_band.33.default_rate=0.0666666667 tables.by_band.33.jeffreys_p_value=0.999133191
tables.by_band.34.row_count=26 tables.by_band.34.client_count=26
tables.by_band.34.outcome_count=25 tables.by_band.34.default_count=6
tables.by_band.34.default_probability=0.35 tables.by_band.34.default_rate=0.24
tables.by_band.34.jeffreys_p_value=0.877457453 tables.migration.counts.0.0=44
tables.migration.counts.0.1=32 tables.migration.counts.0.2=7 tables.migration.counts.0.3=0
tables.migration.counts.0.4=0 tables.migration.counts.0.5=0 tables.migration.counts.0.6=0
tables.migration.counts.1.0=30 tables.migration.counts.1.1=26 tables.migration.counts.1.2=15
tables.migration.counts.1.3=12 tables.migration.counts.1.4=0 tables.migration.counts.1.5=0
tables.migration.counts.1.6=0 tables.migration.counts.2.0=13 tables.migration.counts.2.1=15
tables.migration.counts.2.2=28 tables.migration.counts.2.3=23 tables.migration.counts.2.4=13
tables.migration.counts.2.5=0 tables.migration.counts.2.6=0 tables.migration.counts.3.0=0
tables.migration.counts.3.1=12 tables.migration.counts.3.2=20 tables.migration.counts.3.3=31
tables.migration.counts.3.4=18 tables.migration.counts.3.5=13 tables.migration.counts.3.6=0
tables.migration.counts.4.0=0 tables.migration.counts.4.1=0 tables.migration.counts.4.2=10
tables.migration.counts.4.3=20 tables.migration.counts.4.4=21 tables.migration.counts.4.5=19
tables.migration.counts.4.6=7 tables.migration.counts.5.0=0 tables.migration.counts.5.1=0
tables.migration.counts.5.2=0 tables.migration.counts.5.3=9 tables.migration.counts.5.4=17
tables.migration.counts.5.5=34 tables.migration.counts.5.6=30 tables.migration.counts.6.0=0
tables.migration.counts.6.1=0 tables.migration.counts.6.2=0 tables.migration.counts.6.3=0
tables.migration.counts.6.4=7 tables.migration.counts.6.5=28 tables.migration.counts.6.6=46
tables.concentration.0.shares.0=0.13625 tables.concentration.0.shares.1=0.14125
tables.concentration.0.shares.2=0.1425 tables.concentration.0.shares.3=0.1625
tables.concentration.0.shares.4=0.12875 tables.concentration.0.shares.5=0.155
tables.concentration.0.shares.6=0.13375 tables.concentration.0.variation=0.0776611228
tables.concentration.0.herfindahl=0.14371875 tables.concentration.1.shares.0=0.108
tables.concentration.1.shares.1=0.178 tables.concentration.1.shares.2=0.134
tables.concentration.1.shares.3=0.14 tables.concentration.1.shares.4=0.17
tables.concentration.1.shares.5=0.184 tables.concentration.1.shares.6=0.086
tables.concentration.1.variation=0.239566275 tables.concentration.1.herfindahl=0.151056
""",
    "cut": """
sample.row_count=400 sample.outcome_count=400 sample.default_count=121
sample.mean_probability=0.235710694 reference.row_count=300 reference.outcome_count=300
reference.default_count=64 reference.mean_probability=0.221588085 tables.are_bands_given=0
tables.by_band.0.row_count=44 tables.by_band.0.client_count=none
tables.by_band.0.outcome_count=44 tables.by_band.0.default_count=0
tables.by_band.0.default_probability=0.0304428193 tables.by_band.0.default_rate=0
tables.by_band.0.jeffreys_p_value=0.901898166 tables.by_band.1.row_count=51
tables.by_band.1.client_count=none tables.by_band.1.outcome_count=51
tables.by_band.1.default_count=3 tables.by_band.1.default_probability=0.0620449978
tables.by_band.1.default_rate=0.0588235294 tables.by_band.1.jeffreys_p_value=0.502869644
tables.by_band.2.row_count=34 tables.by_band.2.client_count=none
tables.by_band.2.outcome_count=34 tables.by_band.2.default_count=3
tables.by_band.2.default_probability=0.0898649992 tables.by_band.2.default_rate=0.0882352941
tables.by_band.2.jeffreys_p_value=0.479159287 tables.by_band.3.row_count=29
tables.by_band.3.client_count=none tables.by_band.3.outcome_count=29
tables.by_band.3.default_count=3 tables.by_band.3.default_probability=0.122365064
tables.by_band.3.default_rate=0.103448276 tables.by_band.3.jeffreys_p_value=0.595286994
tables.by_band.4.row_count=23 tables.by_band.4.client_count=none
tables.by_band.4.outcome_count=23 tables.by_band.4.default_count=4
tables.by_band.4.default_probability=0.155718527 tables.by_band.4.default_rate=0.173913043
tables.by_band.4.jeffreys_p_value=0.380865001 tables.by_band.5.row_count=39
tables.by_band.5.client_count=none tables.by_band.5.outcome_count=39
tables.by_band.5.default_count=9 tables.by_band.5.default_probability=0.191667736
tables.by_band.5.default_rate=0.230769231 tables.by_band.5.jeffreys_p_value=0.259193015
tables.by_band.6.row_count=40 tables.by_band.6.client_count=none
tables.by_band.6.outcome_count=40 tables.by_band.6.default_count=18
tables.by_band.6.default_probability=0.237041343 tables.by_band.6.default_rate=0.45
tables.by_band.6.jeffreys_p_value=0.00148787549 tables.by_band.7.row_count=48
tables.by_band.7.client_count=none tables.by_band.7.outcome_count=48
tables.by_band.7.default_count=22 tables.by_band.7.default_probability=0.314524683
tables.by_band.7.default_rate=0.458333333 tables.by_band.7.jeffreys_p_value=0.018107772
tables.by_band.8.row_count=33 tables.by_band.8.client_count=none
tables.by_band.8.outcome_count=33 tables.by_band.8.default_count=15
tables.by_band.8.default_probability=0.40707001 tables.by_band.8.default_rate=0.454545455
tables.by_band.8.jeffreys_p_value=0.287116476 tables.by_band.9.row_count=59
tables.by_band.9.client_count=none tables.by_band.9.outcome_count=59
tables.by_band.9.default_count=44 tables.by_band.9.default_probability=0.578098053
tables.by_band.9.default_rate=0.745762712 tables.by_band.9.jeffreys_p_value=0.00373752252
tables.migration=none tables.concentration.0.shares.0=0.11
tables.concentration.0.shares.1=0.1275 tables.concentration.0.shares.2=0.085
tables.concentration.0.shares.3=0.0725 tables.concentration.0.shares.4=0.0575
tables.concentration.0.shares.5=0.0975 tables.concentration.0.shares.6=0.1
tables.concentration.0.shares.7=0.12 tables.concentration.0.shares.8=0.0825
tables.concentration.0.shares.9=0.1475 tables.concentration.0.variation=0.257147817
tables.concentration.0.herfindahl=0.1066125 tables.concentration.1.shares.0=0.1
tables.concentration.1.shares.1=0.1 tables.concentration.1.shares.2=0.1
tables.concentration.1.shares.3=0.1 tables.concentration.1.shares.4=0.1
tables.concentration.1.shares.5=0.1 tables.concentration.1.shares.6=0.1
tables.concentration.1.shares.7=0.1 tables.concentration.1.shares.8=0.1
tables.concentration.1.shares.9=0.1 tables.concentration.1.variation=0
tables.concentration.1.herfindahl=0.1
""",
    "alone": """
sample.row_count=300 sample.outcome_count=0 sample.default_count=0
sample.mean_probability=0.231026319 reference=none tables.are_bands_given=1
tables.by_band.0.row_count=30 tables.by_band.0.client_count=30 tables.by_band.0.outcome_count=0
tables.by_band.0.default_count=0 tables.by_band.0.default_probability=0.031227013
tables.by_band.0.default_rate=none tables.by_band.0.jeffreys_p_value=none
tables.by_band.1.row_count=52 tables.by_band.1.client_count=52 tables.by_band.1.outcome_count=0
tables.by_band.1.default_count=0 tables.by_band.1.default_probability=0.0728691558
tables.by_band.1.default_rate=none tables.by_band.1.jeffreys_p_value=none
tables.by_band.2.row_count=44 tables.by_band.2.client_count=44 tables.by_band.2.outcome_count=0
tables.by_band.2.default_count=0 tables.by_band.2.default_probability=0.12480989
tables.by_band.2.default_rate=none tables.by_band.2.jeffreys_p_value=none
tables.by_band.3.row_count=37 tables.by_band.3.client_count=37 tables.by_band.3.outcome_count=0
tables.by_band.3.default_count=0 tables.by_band.3.default_probability=0.175568607
tables.by_band.3.default_rate=none tables.by_band.3.jeffreys_p_value=none
tables.by_band.4.row_count=55 tables.by_band.4.client_count=55 tables.by_band.4.outcome_count=0
tables.by_band.4.default_count=0 tables.by_band.4.default_probability=0.242265136
tables.by_band.4.default_rate=none tables.by_band.4.jeffreys_p_value=none
tables.by_band.5.row_count=49 tables.by_band.5.client_count=49 tables.by_band.5.outcome_count=0
tables.by_band.5.default_count=0 tables.by_band.5.default_probability=0.388768143
tables.by_band.5.default_rate=none tables.by_band.5.jeffreys_p_value=none
tables.by_band.6.row_count=33 tables.by_band.6.client_count=33 tables.by_band.6.outcome_count=0
tables.by_band.6.default_count=0 tables.by_band.6.default_probability=0.612727091
tables.by_band.6.default_rate=none tables.by_band.6.jeffreys_p_value=none tables.migration=none
tables.concentration.0.shares.0=0.1 tables.concentration.0.shares.1=0.173333333
tables.concentration.0.shares.2=0.146666667 tables.concentration.0.shares.3=0.123333333
tables.concentration.0.shares.4=0.183333333 tables.concentration.0.shares.5=0.163333333
tables.concentration.0.shares.6=0.11 tables.concentration.0.variation=0.209973543
tables.concentration.0.herfindahl=0.149155556
""",
}
