"""Every feature and every measure of made-up card clients, as it stood when it was checked."""

import numpy as np
import polars as pl
import pytest
from tests.fakes.pinned_figures import assert_unmoved

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.explanation.credit_card_measures import CREDIT_CARD_MEASURES
from credit_default.model.features.build_features import build_features
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES, list_month_columns
from credit_default.model.features.declaration import list_feature_names
from credit_default.model.features.input_values import describe_arguments


def draw_clients(count=60):
    """Clients of every kind: late and never late, unused, overpaid, over the limit and without a bill."""
    generator = np.random.default_rng(61)
    limit = generator.integers(1, 50, count) * 10_000.0
    columns = {
        "client_id": [f"T{number:05d}" for number in range(count)],
        "statement_month": ["2005-09"] * count,
        "credit_limit": limit,
        "sex": generator.integers(1, 3, count),
        "education": generator.integers(0, 7, count),
        "marriage": generator.integers(0, 4, count),
        "age": generator.integers(21, 70, count),
    }
    for month in range(1, 7):
        columns[f"repayment_status_m{month}"] = generator.integers(-2, 5, count)
    for month in range(1, 7):
        bills = np.round(limit * generator.uniform(-0.1, 1.2, count))
        columns[f"bill_amount_m{month}"] = np.where(generator.random(count) < 0.15, 0, bills)
    for month in range(1, 7):
        paid = np.round(limit * generator.uniform(0, 0.4, count))
        columns[f"payment_amount_m{month}"] = np.where(generator.random(count) < 0.2, 0, paid)
    return pl.DataFrame(columns).select(*CREDIT_CARD.names)


def compute(features):
    rows = draw_clients()
    matrix = build_features(rows, **describe_arguments(features, schema=CREDIT_CARD))
    columns = dict(zip(list_feature_names(features), matrix.T, strict=True))
    return {name: (values[0], values[1], values[2], values) for name, values in columns.items()}


CASES = {
    "features": lambda: compute(CREDIT_CARD_FEATURES),
    "measures": lambda: compute(CREDIT_CARD_MEASURES),
}


@pytest.mark.parametrize("name", CASES)
def test_no_feature_or_measure_of_a_client_moves(name):
    assert_unmoved(CASES[name](), PINNED[name], rel=1e-5, abs=1e-6)


def test_months_are_listed_from_the_latest_on():
    assert list_month_columns("x") == ("x_m1", "x_m2", "x_m3", "x_m4", "x_m5", "x_m6")
    assert list_month_columns("x", 2, 3) == ("x_m2", "x_m3")


def test_features_on_the_way_to_others_are_not_kept():
    dropped = {feature.name for feature in CREDIT_CARD_FEATURES if not feature.kept}

    expected = {f"severity_m{month}" for month in range(1, 7)} | {"paid_total", "billed_total"}
    expected |= {f"{stem}_m{month}" for stem in ("unpaid", "charged") for month in range(1, 6)}
    assert dropped == expected


PINNED = {
    "features": """
credit_limit.0=210000 credit_limit.1=190000 credit_limit.2=370000 credit_limit.3.sum=16510000
credit_limit.3.moment=478580000 sex.0=1 sex.1=2 sex.2=1 sex.3.sum=90 sex.3.moment=2869
education.0=4 education.1=1 education.2=0 education.3.sum=184 education.3.moment=5396
marriage.0=0 marriage.1=1 marriage.2=3 marriage.3.sum=97 marriage.3.moment=2888 age.0=29
age.1=29 age.2=58 age.3.sum=2794 age.3.moment=87125 repayment_status_m1.0=2
repayment_status_m1.1=-2 repayment_status_m1.2=0 repayment_status_m1.3.sum=47
repayment_status_m1.3.moment=1439 repayment_status_m2.0=3 repayment_status_m2.1=0
repayment_status_m2.2=-1 repayment_status_m2.3.sum=40 repayment_status_m2.3.moment=1153
repayment_status_m3.0=4 repayment_status_m3.1=3 repayment_status_m3.2=3
repayment_status_m3.3.sum=59 repayment_status_m3.3.moment=1513 repayment_status_m4.0=0
repayment_status_m4.1=-1 repayment_status_m4.2=4 repayment_status_m4.3.sum=71
repayment_status_m4.3.moment=2150 repayment_status_m5.0=4 repayment_status_m5.1=1
repayment_status_m5.2=4 repayment_status_m5.3.sum=83 repayment_status_m5.3.moment=2313
repayment_status_m6.0=-1 repayment_status_m6.1=0 repayment_status_m6.2=-1
repayment_status_m6.3.sum=44 repayment_status_m6.3.moment=1285 bill_amount_m1.0=169216
bill_amount_m1.1=200212 bill_amount_m1.2=245809 bill_amount_m1.3.sum=7110108
bill_amount_m1.3.moment=181014908 bill_amount_m2.0=168450 bill_amount_m2.1=98823
bill_amount_m2.2=0 bill_amount_m2.3.sum=9008916 bill_amount_m2.3.moment=282871686
bill_amount_m3.0=51749 bill_amount_m3.1=62700 bill_amount_m3.2=128057
bill_amount_m3.3.sum=7174522 bill_amount_m3.3.moment=218996246 bill_amount_m4.0=84773
bill_amount_m4.1=139241 bill_amount_m4.2=428328 bill_amount_m4.3.sum=7821064
bill_amount_m4.3.moment=232636479 bill_amount_m5.0=221663 bill_amount_m5.1=200253
bill_amount_m5.2=56641 bill_amount_m5.3.sum=7221097 bill_amount_m5.3.moment=212457318
bill_amount_m6.0=188116 bill_amount_m6.1=0 bill_amount_m6.2=0 bill_amount_m6.3.sum=8423465
bill_amount_m6.3.moment=260446758 payment_amount_m1.0=13466 payment_amount_m1.1=3750
payment_amount_m1.2=8908 payment_amount_m1.3.sum=3155424 payment_amount_m1.3.moment=94981178
payment_amount_m2.0=0 payment_amount_m2.1=0 payment_amount_m2.2=0
payment_amount_m2.3.sum=1982262 payment_amount_m2.3.moment=54926227 payment_amount_m3.0=37592
payment_amount_m3.1=33862 payment_amount_m3.2=111919 payment_amount_m3.3.sum=2350882
payment_amount_m3.3.moment=70981443 payment_amount_m4.0=14138 payment_amount_m4.1=7684
payment_amount_m4.2=89801 payment_amount_m4.3.sum=2602926 payment_amount_m4.3.moment=77815940
payment_amount_m5.0=0 payment_amount_m5.1=5210 payment_amount_m5.2=61011
payment_amount_m5.3.sum=2520023 payment_amount_m5.3.moment=74509617 payment_amount_m6.0=70763
payment_amount_m6.1=48837 payment_amount_m6.2=134243 payment_amount_m6.3.sum=2767516
payment_amount_m6.3.moment=78432872 severity_maximum.0=4 severity_maximum.1=3
severity_maximum.2=4 severity_maximum.3.sum=199 severity_maximum.3.moment=6104
severity_mean.0=2.16666675 severity_mean.1=0.666666687 severity_mean.2=1.83333337
severity_mean.3.sum=83.8333338 severity_mean.3.moment=2488.33334 severity_latest_three.0=3
severity_latest_three.1=1 severity_latest_three.2=1 severity_latest_three.3.sum=77.0000003
severity_latest_three.3.moment=2233 severity_recent.0=2.38694119 severity_recent.1=0.581435263
severity_recent.2=1.29281878 severity_recent.3.sum=79.7565425 severity_recent.3.moment=2366.4541
late_month_count.0=4 late_month_count.1=2 late_month_count.2=3 late_month_count.3.sum=204
late_month_count.3.moment=6148 two_months_late_count.0=4 two_months_late_count.1=1
two_months_late_count.2=3 two_months_late_count.3.sum=145 two_months_late_count.3.moment=4289
months_since_late.0=0 months_since_late.1=2 months_since_late.2=2 months_since_late.3.sum=58
months_since_late.3.moment=1828 unused_month_count.0=0 unused_month_count.1=1
unused_month_count.2=0 unused_month_count.3.sum=53 unused_month_count.3.moment=1689
paid_in_full_month_count.0=1 paid_in_full_month_count.1=1 paid_in_full_month_count.2=2
paid_in_full_month_count.3.sum=53 paid_in_full_month_count.3.moment=1699
revolving_month_count.0=1 revolving_month_count.1=2 revolving_month_count.2=1
revolving_month_count.3.sum=50 revolving_month_count.3.moment=1444 status_change.0=-1
status_change.1=-2 status_change.2=1 status_change.3.sum=7 status_change.3.moment=286
utilisation_m1.0=0.805790484 utilisation_m1.1=1.05374742 utilisation_m1.2=0.664348662
utilisation_m1.3.sum=29.2997583 utilisation_m1.3.moment=854.366228 utilisation_m2.0=0.802142859
utilisation_m2.1=0.520121038 utilisation_m2.2=0 utilisation_m2.3.sum=29.4616992
utilisation_m2.3.moment=907.906053 utilisation_m3.0=0.246423811 utilisation_m3.1=0.330000013
utilisation_m3.2=0.346100003 utilisation_m3.3.sum=24.5810355 utilisation_m3.3.moment=765.847444
utilisation_m4.0=0.40368095 utilisation_m4.1=0.732847393 utilisation_m4.2=1.1576432
utilisation_m4.3.sum=28.4789248 utilisation_m4.3.moment=883.299875 utilisation_m5.0=1.05553806
utilisation_m5.1=1.05396318 utilisation_m5.2=0.153083786 utilisation_m5.3.sum=28.8716723
utilisation_m5.3.moment=898.375882 utilisation_m6.0=0.895790458 utilisation_m6.1=0
utilisation_m6.2=0 utilisation_m6.3.sum=29.8821704 utilisation_m6.3.moment=977.081033
utilisation_mean.0=0.701561093 utilisation_mean.1=0.615113139 utilisation_mean.2=0.386862606
utilisation_mean.3.sum=28.4292101 utilisation_mean.3.moment=881.146087
utilisation_maximum.0=1.05553806 utilisation_maximum.1=1.05396318
utilisation_maximum.2=1.1576432 utilisation_maximum.3.sum=59.2619677
utilisation_maximum.3.moment=1833.83386 utilisation_trend.0=-0.0390697941
utilisation_trend.1=0.0932675153 utilisation_trend.2=0.0585985333
utilisation_trend.3.sum=-0.143996269 utilisation_trend.3.moment=-20.0695979 open_credit.0=40784
open_credit.1=-10212 open_credit.2=124191 open_credit.3.sum=9399892
open_credit.3.moment=297565092 bill_mean.0=147327.828 bill_mean.1=116871.5
bill_mean.2=143139.172 bill_mean.3.sum=7793195.33 bill_mean.3.moment=231403899
bill_spread.0=59390.0234 bill_spread.1=72246.9766 bill_spread.2=153058.172
bill_spread.3.sum=5799874.08 bill_spread.3.moment=172909688 log_credit_limit.0=12.2548676
log_credit_limit.1=12.1547842 log_credit_limit.2=12.8212614 log_credit_limit.3.sum=735.161212
log_credit_limit.3.moment=22196.1467 paid_share_m1.0=0.079940632 paid_share_m1.1=0.0379466303
paid_share_m1.2=1 paid_share_m1.3.sum=29.7320916 paid_share_m1.3.moment=831.446031
paid_share_m2.0=0 paid_share_m2.1=0 paid_share_m2.2=0 paid_share_m2.3.sum=31.0193506
paid_share_m2.3.moment=926.552825 paid_share_m3.0=0.44344309 paid_share_m3.1=0.243189871
paid_share_m3.2=0.261292756 paid_share_m3.3.sum=32.994464 paid_share_m3.3.moment=946.694723
paid_share_m4.0=0.0637815073 paid_share_m4.1=0.0383714586 paid_share_m4.2=1.58544159
paid_share_m4.3.sum=38.9906276 paid_share_m4.3.moment=1218.71398 paid_share_m5.0=0
paid_share_m5.1=1 paid_share_m5.2=1 paid_share_m5.3.sum=33.0853888
paid_share_m5.3.moment=945.48044 paid_share_mean.0=0.117433041 paid_share_mean.1=0.263901591
paid_share_mean.2=0.769346893 paid_share_mean.3.sum=33.1643845
paid_share_mean.3.moment=973.777597 paid_share_minimum.0=0 paid_share_minimum.1=0
paid_share_minimum.2=0 paid_share_minimum.3.sum=2.16306225
paid_share_minimum.3.moment=75.4649829 paid_share_latest_three.0=0.174461231
paid_share_latest_three.1=0.093712166 paid_share_latest_three.2=0.420430928
paid_share_latest_three.3.sum=31.2486353 paid_share_latest_three.3.moment=901.564525
paid_over_billed.0=0.0912149847 paid_over_billed.1=0.100806959 paid_over_billed.2=0.443111718
paid_over_billed.3.sum=22.7090434 paid_over_billed.3.moment=677.742922 payment_mean.0=22659.834
payment_mean.1=16557.166 payment_mean.2=67647 payment_mean.3.sum=2563172.16
payment_mean.3.moment=75274545.9 payment_over_limit.0=0.107903965
payment_over_limit.1=0.0871429816 payment_over_limit.2=0.182829723
payment_over_limit.3.sum=9.33702117 payment_over_limit.3.moment=292.508126 payment_minimum.0=0
payment_minimum.1=0 payment_minimum.2=0 payment_minimum.3.sum=182693
payment_minimum.3.moment=5148838 payment_spread.0=24903.041 payment_spread.1=18198.4414
payment_spread.2=49927.0469 payment_spread.3.sum=1932162.65 payment_spread.3.moment=56196544
zero_payment_count.0=2 zero_payment_count.1=1 zero_payment_count.2=1 zero_payment_count.3.sum=68
zero_payment_count.3.moment=2092 unpaid_over_limit_m1.0=0.738019049
unpaid_over_limit_m1.1=0.500384212 unpaid_over_limit_m1.2=-0.0240756758
unpaid_over_limit_m1.3.sum=19.267068 unpaid_over_limit_m1.3.moment=600.302816
charged_over_limit_m1.0=0.0677714273 charged_over_limit_m1.1=0.553363144
charged_over_limit_m1.2=0.688424349 charged_over_limit_m1.3.sum=10.0326903
charged_over_limit_m1.3.moment=254.063419 unpaid_over_limit_m2.0=0.246423811
unpaid_over_limit_m2.1=0.330000013 unpaid_over_limit_m2.2=0.346100003
unpaid_over_limit_m2.3.sum=17.0301797 unpaid_over_limit_m2.3.moment=529.253405
charged_over_limit_m2.0=0.555719018 charged_over_limit_m2.1=0.190121055
charged_over_limit_m2.2=-0.346100003 charged_over_limit_m2.3.sum=12.4315197
charged_over_limit_m2.3.moment=378.652656 unpaid_over_limit_m3.0=0.224671423
unpaid_over_limit_m3.1=0.554626286 unpaid_over_limit_m3.2=0.855159461
unpaid_over_limit_m3.3.sum=19.4320706 unpaid_over_limit_m3.3.moment=582.056566
charged_over_limit_m3.0=0.0217523817 charged_over_limit_m3.1=-0.224626318
charged_over_limit_m3.2=-0.509059489 charged_over_limit_m3.3.sum=5.14896475
charged_over_limit_m3.3.moment=183.790874 unpaid_over_limit_m4.0=0.988214314
unpaid_over_limit_m4.1=1.01352108 unpaid_over_limit_m4.2=-0.0896216184
unpaid_over_limit_m4.3.sum=19.1994321 unpaid_over_limit_m4.3.moment=584.812153
charged_over_limit_m4.0=-0.584533334 charged_over_limit_m4.1=-0.280673683
charged_over_limit_m4.2=1.24726486 charged_over_limit_m4.3.sum=9.27949239
charged_over_limit_m4.3.moment=298.487709 unpaid_over_limit_m5.0=0.895790458
unpaid_over_limit_m5.1=-0.0274210535 unpaid_over_limit_m5.2=-0.164894596
unpaid_over_limit_m5.3.sum=20.4124415 unpaid_over_limit_m5.3.moment=687.559558
charged_over_limit_m5.0=0.159747615 charged_over_limit_m5.1=1.08138418
charged_over_limit_m5.2=0.317978382 charged_over_limit_m5.3.sum=8.45923069
charged_over_limit_m5.3.moment=210.816322
""",
    "measures": """
latest_status.0=2 latest_status.1=-2 latest_status.2=0 latest_status.3.sum=47
latest_status.3.moment=1439 latest_change.0=-1 latest_change.1=-2 latest_change.2=1
latest_change.3.sum=7 latest_change.3.moment=286 late_months.0=4 late_months.1=2 late_months.2=3
late_months.3.sum=204 late_months.3.moment=6148 months_two_late.0=4 months_two_late.1=1
months_two_late.2=3 months_two_late.3.sum=145 months_two_late.3.moment=4289
months_since_late.0=0 months_since_late.1=2 months_since_late.2=2 months_since_late.3.sum=58
months_since_late.3.moment=1828 revolving_months.0=1 revolving_months.1=2 revolving_months.2=1
revolving_months.3.sum=50 revolving_months.3.moment=1444 unused_months.0=0 unused_months.1=1
unused_months.2=0 unused_months.3.sum=53 unused_months.3.moment=1689 paid_in_full_months.0=1
paid_in_full_months.1=1 paid_in_full_months.2=2 paid_in_full_months.3.sum=53
paid_in_full_months.3.moment=1699 used_mean.0=0.701561093 used_mean.1=0.615113139
used_mean.2=0.386862606 used_mean.3.sum=28.4292101 used_mean.3.moment=881.146087
used_trend.0=-0.0390697941 used_trend.1=0.0932675153 used_trend.2=0.0585985333
used_trend.3.sum=-0.143996269 used_trend.3.moment=-20.0695979 used_latest.0=0.805790484
used_latest.1=1.05374742 used_latest.2=0.664348662 used_latest.3.sum=29.2997583
used_latest.3.moment=854.366228 billed_mean.0=147327.828 billed_mean.1=116871.5
billed_mean.2=143139.172 billed_mean.3.sum=7793195.33 billed_mean.3.moment=231403899
billed_spread.0=59390.0234 billed_spread.1=72246.9766 billed_spread.2=153058.172
billed_spread.3.sum=5799874.08 billed_spread.3.moment=172909688 paid_least.0=0 paid_least.1=0
paid_least.2=0 paid_least.3.sum=2.16306225 paid_least.3.moment=75.4649829
paid_over_due.0=0.0912149847 paid_over_due.1=0.100806959 paid_over_due.2=0.443111718
paid_over_due.3.sum=22.7090434 paid_over_due.3.moment=677.742922 paid_mean.0=22659.834
paid_mean.1=16557.166 paid_mean.2=67647 paid_mean.3.sum=2563172.16 paid_mean.3.moment=75274545.9
limit.0=210000 limit.1=190000 limit.2=370000 limit.3.sum=16510000 limit.3.moment=478580000
charged_mean.0=0.0440914296 charged_mean.1=0.263913691 charged_mean.2=0.27970162
charged_mean.3.sum=9.07037953 charged_mean.3.moment=265.162195 education_code.0=4
education_code.1=1 education_code.2=0 education_code.3.sum=184 education_code.3.moment=5396
""",
}
