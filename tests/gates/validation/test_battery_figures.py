"""Every figure of the battery on two fixed samples, as it stood when each was checked: none may move unnoticed.

To set them anew, run this file's `describe` and say in the commit which formula changed, and why.
"""

import re

import numpy as np
import pytest
from tests.fakes.scored_samples import change, draw_sample

from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.given_figures import (
    EstimateOutcome,
    GivenFigures,
    GroupComparison,
    OverrideCounts,
    PromotionOutcome,
    RefitFigures,
)
from credit_default.gates.validation.policy import ValidationPolicy

GIVEN = GivenFigures(
    refits=RefitFigures((0.78, 0.781, 0.779), (0.78, 0.785, 0.776), 0.02, 0.9),
    overrides=OverrideCounts(2_000, 30, 20, 30, 9, 9.5),
    groups=(
        GroupComparison("sex: female", 0.97, 0.93, 1.01, 0.01, -0.01, 0.03),
        GroupComparison("age: below 30", 0.79, 0.72, 0.86, 0.12, 0.06, 0.18),
    ),
    promotions=tuple(
        PromotionOutcome(f"version {i}", 0.002, 0.002 + i * 1e-4, 0.001) for i in range(4)
    ),
    estimates=tuple(EstimateOutcome(str(i), 0.2, 0.3, 0.22 + 0.03 * i) for i in range(6)),
)


def draw_uneven_sample():
    """Eight months of clients who move between bands, some rows twice, some without an outcome or a value."""
    generator = np.random.default_rng(21)
    sample = draw_sample(22, row_count=2_400, month_count=8, shift=0.15)
    clients = np.arange(2_400) // 8
    clients[16:24] = clients[0]
    moves = generator.integers(-1, 2, 2_400) * (generator.random(2_400) < 0.4)
    outcomes = sample.defaulted.copy()
    outcomes[generator.choice(np.flatnonzero(sample.month == "2026-08"), 40, replace=False)] = (
        np.nan
    )
    variables = {name: values.copy() for name, values in sample.variables.items()}
    variables["noise"][generator.random(2_400) < 0.07] = np.nan
    variables["code"][:6] = 9
    declined = sample.default_probability > 0.4
    final = np.where(generator.random(2_400) < 0.05, ~declined, declined)
    return change(
        sample,
        client_id=clients,
        band=np.array(list("ABCDEFG"))[np.clip(clients % 7 + moves, 0, 6)],
        defaulted=outcomes,
        variables=variables,
        declined=declined,
        final_declined=final,
        default_probability=np.round(sample.default_probability, 3),
    )


def draw_bare_samples():
    """A sample and its development without clients, months and bands: what is left is by the score alone."""
    return (
        change(side, client_id=None, month=None, band=None, band_order=())
        for side in (draw_sample(23, row_count=900), draw_sample(24, row_count=1_100))
    )


def run(name):
    if name == "uneven":
        sides = draw_uneven_sample(), draw_sample(25, row_count=1_500)
    else:
        sides = draw_bare_samples()
    given = GIVEN if name == "uneven" else None
    return run_battery(*sides, ValidationPolicy(), "digest", given=given)


def describe(results):
    """One line a finding: test, subject, light, statistic, p-value and further figures."""
    for result in results:
        if result.light == "not judged":
            yield f"{result.test_id} | {result.subject} | {result.light}"
            continue
        figures = {"statistic": result.statistic, "p": result.p_value, **result.figures}
        told = " ".join(
            f"{name}={value:.9g}" for name, value in figures.items() if value is not None
        )
        yield f"{result.test_id} | {result.subject} | {result.light} | {told}"


def read(line):
    words, _, figures = line.partition(" | statistic=")
    pairs = re.findall(r"([\w]+)=(\S+)", f"statistic={figures}") if figures else []
    return words, {name: float(value) for name, value in pairs}


@pytest.mark.parametrize("name", ["uneven", "bare"])
def test_no_figure_of_the_battery_moves(name):
    expected = [read(line) for line in FIGURES[name].strip().replace("\n    ", " ").splitlines()]

    found = [read(line) for line in describe(run(name))]

    assert [words for words, _ in found] == [words for words, _ in expected]
    for (words, figures), (_, before) in zip(found, expected, strict=True):
        assert figures == pytest.approx(before, rel=1e-6, abs=1e-12), words


FIGURES = {
    "uneven": """
discrimination.auc_against_development | whole sample | green | statistic=-0.375145528
    p=0.64622388 roc_auc=0.778520946 standard_error=0.0101744145 development_roc_auc=0.77214043
    development_standard_error=0.0136292715
discrimination.auc_against_development_official | whole sample | for information |
    statistic=-0.627113806 p=0.734707681 roc_auc=0.778520946 standard_error=0.0101744145
    development_roc_auc=0.77214043 development_standard_error=0.0136292715
discrimination.auc_above_chance | whole sample | green | statistic=27.374641 p=2.74881414e-165
    roc_auc=0.778520946 gini=0.557041891 standard_error=0.0101744145 low=0.758579093
    high=0.798462798
discrimination.kolmogorov_smirnov | whole sample | green | statistic=0.422839791
    p=5.07112296e-72
discrimination.gini_by_segment | sex female | green | statistic=-0.65055653 p=0.742333601
    gini=0.587025804 development_gini=0.556462984 gini_standard_error=0.0289480303
    adjusted_p_value=0.8591245
discrimination.gini_by_segment | sex male | green | statistic=0.177488751 p=0.42956225
    gini=0.527332101 development_gini=0.536197701 gini_standard_error=0.0293351763
    adjusted_p_value=0.8591245
discrimination.auc_by_month | whole sample | amber | statistic=15.6881766 p=0.0281230192
    roc_auc_2026-01=0.710509635 roc_auc_2026-02=0.786690609 roc_auc_2026-03=0.76400533
    roc_auc_2026-04=0.770114548 roc_auc_2026-05=0.733377182 roc_auc_2026-06=0.82108359
    roc_auc_2026-07=0.798301217 roc_auc_2026-08=0.855763555
discrimination.band_order | A, B | green | statistic=-0.501928177 p=0.692140978
    lower_rate=0.206896552 upper_rate=0.222543353 adjusted_p_value=1
discrimination.band_order | B, C | green | statistic=-1.35779582 p=0.912735758
    lower_rate=0.222543353 upper_rate=0.267477204 adjusted_p_value=1
discrimination.band_order | C, D | green | statistic=0.575926532 p=0.282332421
    lower_rate=0.267477204 upper_rate=0.247619048 adjusted_p_value=1
discrimination.band_order | D, E | green | statistic=-0.688490408 p=0.754427996
    lower_rate=0.247619048 upper_rate=0.270949721 adjusted_p_value=1
discrimination.band_order | E, F | green | statistic=1.01776834 p=0.15439403
    lower_rate=0.270949721 upper_rate=0.237082067 adjusted_p_value=0.926364181
discrimination.band_order | F, G | green | statistic=-1.61875375 p=0.947249872
    lower_rate=0.237082067 upper_rate=0.292537313 adjusted_p_value=1
calibration.in_the_large | whole sample | green | statistic=0.206223347 p=0.836616452
    default_probability=0.247491525 default_rate=0.249152542 expected_over_observed=0.993333333
calibration.slope | whole sample | green | statistic=1.01001511 p=0.312488049 slope=1.05797807
    intercept=0.0633438619 slope_standard_error=0.0574031706
calibration.line | whole sample | green | statistic=1.08120464 p=0.582397356 slope=1.05797807
    intercept=0.0633438619
calibration.spiegelhalter | whole sample | green | statistic=-0.687061745 p=0.49204382
    brier=0.150295034 expected_brier=0.153103271
calibration.jeffreys | whole sample | green | statistic=0.249152542 p=0.424323146
    default_probability=0.247491525
calibration.binomial | whole sample | green | statistic=588 p=0.424345224
    default_probability=0.247491525
calibration.binomial_official | whole sample | for information | statistic=588 p=0.433672794
    default_probability=0.247491525
calibration.correlated_binomial | whole sample | green | statistic=588 p=0.463806924
    default_probability=0.247491525
calibration.jeffreys_by_band | band A | green | statistic=0.206896552 p=0.945664468
    row_count=348 default_count=72 default_rate=0.206896552 default_probability=0.243387931
    adjusted_p_value=1
calibration.jeffreys_by_band | band B | green | statistic=0.222543353 p=0.736063048
    row_count=346 default_count=77 default_rate=0.222543353 default_probability=0.237130058
    adjusted_p_value=1
calibration.jeffreys_by_band | band C | green | statistic=0.267477204 p=0.191339027
    row_count=329 default_count=88 default_rate=0.267477204 default_probability=0.246790274
    adjusted_p_value=0.956695134
calibration.jeffreys_by_band | band D | green | statistic=0.247619048 p=0.711060682
    row_count=315 default_count=78 default_rate=0.247619048 default_probability=0.261574603
    adjusted_p_value=1
calibration.jeffreys_by_band | band E | green | statistic=0.270949721 p=0.0922312976
    row_count=358 default_count=97 default_rate=0.270949721 default_probability=0.240787709
    adjusted_p_value=0.553387786
calibration.jeffreys_by_band | band F | green | statistic=0.237082067 p=0.655210247
    row_count=329 default_count=78 default_rate=0.237082067 default_probability=0.246793313
    adjusted_p_value=1
calibration.jeffreys_by_band | band G | green | statistic=0.292537313 p=0.0741889014
    row_count=335 default_count=98 default_rate=0.292537313 default_probability=0.257752239
    adjusted_p_value=0.51932231
calibration.binomial_by_band | band A | green | statistic=72 p=0.945298993 row_count=348
    default_count=72 default_rate=0.206896552 default_probability=0.243387931 adjusted_p_value=1
calibration.binomial_by_band | band B | green | statistic=77 p=0.735655236 row_count=346
    default_count=77 default_rate=0.222543353 default_probability=0.237130058 adjusted_p_value=1
calibration.binomial_by_band | band C | green | statistic=88 p=0.191818207 row_count=329
    default_count=88 default_rate=0.267477204 default_probability=0.246790274
    adjusted_p_value=0.959091035
calibration.binomial_by_band | band D | green | statistic=78 p=0.710676833 row_count=315
    default_count=78 default_rate=0.247619048 default_probability=0.261574603 adjusted_p_value=1
calibration.binomial_by_band | band E | green | statistic=97 p=0.0926341677 row_count=358
    default_count=97 default_rate=0.270949721 default_probability=0.240787709
    adjusted_p_value=0.555805006
calibration.binomial_by_band | band F | green | statistic=78 p=0.654921806 row_count=329
    default_count=78 default_rate=0.237082067 default_probability=0.246793313 adjusted_p_value=1
calibration.binomial_by_band | band G | green | statistic=98 p=0.0745680953 row_count=335
    default_count=98 default_rate=0.292537313 default_probability=0.257752239
    adjusted_p_value=0.521976667
calibration.chi_square_bands | whole sample | green | statistic=8.0657031 p=0.326835961
    degrees_of_freedom=7
calibration.hosmer_lemeshow_official | whole sample | for information | statistic=8.0657031
    p=0.152651582 degrees_of_freedom=5
calibration.by_segment | sex female | green | statistic=0.699935625 p=0.483967508 row_count=1164
    default_count=295 default_rate=0.253436426 default_probability=0.245409794
    adjusted_p_value=0.967935016
calibration.by_segment | sex male | green | statistic=-0.40072127 p=0.688625349 row_count=1196
    default_count=293 default_rate=0.244983278 default_probability=0.249517559
    adjusted_p_value=0.967935016
calibration.by_variable | informative | green | statistic=7.45110484 p=0.682281101
    adjusted_p_value=1
calibration.by_variable | noise | green | statistic=16.1325374 p=0.136281365
    adjusted_p_value=0.408844096
calibration.by_variable | code | green | statistic=2.82870201 p=0.586888464 adjusted_p_value=1
calibration.each_month | 2026-01 | green | statistic=-0.0638637748 p=0.949078697 row_count=300
    default_count=68 default_rate=0.226666667 default_probability=0.228076667 adjusted_p_value=1
calibration.each_month | 2026-02 | green | statistic=1.95013449 p=0.0511600915 row_count=300
    default_count=88 default_rate=0.293333333 default_probability=0.249123333
    adjusted_p_value=0.409280732
calibration.each_month | 2026-03 | green | statistic=1.17068182 p=0.241726694 row_count=300
    default_count=83 default_rate=0.276666667 default_probability=0.25007 adjusted_p_value=1
calibration.each_month | 2026-04 | green | statistic=-1.64761371 p=0.0994319649 row_count=300
    default_count=61 default_rate=0.203333333 default_probability=0.24038
    adjusted_p_value=0.696023754
calibration.each_month | 2026-05 | green | statistic=-0.952288256 p=0.340950812 row_count=300
    default_count=74 default_rate=0.246666667 default_probability=0.268903333 adjusted_p_value=1
calibration.each_month | 2026-06 | green | statistic=1.4333206 p=0.151766236 row_count=300
    default_count=87 default_rate=0.29 default_probability=0.257533333
    adjusted_p_value=0.910597418
calibration.each_month | 2026-07 | green | statistic=-0.302895094 p=0.76196981 row_count=300
    default_count=68 default_rate=0.226666667 default_probability=0.233346667 adjusted_p_value=1
calibration.each_month | 2026-08 | green | statistic=-1.08012831 p=0.280085048 row_count=260
    default_count=59 default_rate=0.226923077 default_probability=0.253269231 adjusted_p_value=1
calibration.over_time | whole sample | green | statistic=12.1119135 p=0.146279997
    variance_ratio=1.51398918
calibration.normal_months | whole sample | green | statistic=0.112483967 p=0.456798719 months=8
calibration.normal_months_official | whole sample | for information | statistic=0.112483967
    p=0.455219841 months=8
calibration.traffic_lights | whole sample | green | statistic=5021 p=0.6448125 green=5 yellow=0
    orange=2 red=1
stability.psi | whole sample | green | statistic=0.0391352627 p=0.37054496 scaled_psi=9.75662331
    bins=10
stability.psi_limits_official | whole sample | for information | statistic=0.0391352627
    amber_limit=0.1 red_limit=0.25 beyond_watch=0
stability.kolmogorov_smirnov | whole sample | green | statistic=0.0650635452 p=0.232218959
stability.band_distribution | whole sample | red | statistic=0.0807897017 p=0.00202398219
stability.concentration | whole sample | green | statistic=-3.00529057 p=0.998673364
    herfindahl=0.143656111 development_herfindahl=0.149699556
stability.concentration_official | whole sample | for information | statistic=-6.63637635 p=1
    coefficient_of_variation=0.0747848822 herfindahl_index=0.00286611234
stability.default_rate | whole sample | green | statistic=0.128648089 p=0.897636113
stability.migration_bandwidth | whole sample | for information | statistic=0.237582286
    upper=0.237582286 lower=0.237094838 moved_share=0.353081701
stability.migration_z | from B to E | green | statistic=2.01324518 p=0.977955579
    adjusted_p_value=1
stability.migration_homogeneity | whole sample | green | statistic=97.7754079 p=0.861140892
    degrees_of_freedom=114
stability.migration_halves | whole sample | for information | statistic=14.8476947 p=0.732227134
data_quality.missing_values | informative | green | statistic=0 p=1 missing_share=0
    development_missing_share=0 adjusted_p_value=1
data_quality.missing_values | noise | red | statistic=9.81504774 p=9.69920688e-23
    missing_share=0.0635451505 development_missing_share=0 adjusted_p_value=2.90976207e-22
data_quality.missing_values | code | green | statistic=0 p=1 missing_share=0
    development_missing_share=0 adjusted_p_value=1
data_quality.ranges | informative | green | statistic=0.00334448161 p=0.304860382
    outside_share=0.00334448161 adjusted_p_value=0.914581145
data_quality.ranges | noise | green | statistic=0 p=1 outside_share=0 adjusted_p_value=1
data_quality.ranges | code | green | statistic=0 p=1 outside_share=0 adjusted_p_value=1
data_quality.duplicates | whole sample | red | statistic=0.00333333333 amber_limit=0
    red_limit=0.001
data_quality.outcome_completeness | 2026-01 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-02 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-03 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-04 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-05 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-06 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-07 | green | statistic=1 amber_limit=0.95 red_limit=0.9
data_quality.outcome_completeness | 2026-08 | red | statistic=0.866666667 amber_limit=0.95
    red_limit=0.9
data_quality.outcomes_missing_at_random | 2026-08 | green | statistic=0.548990385 p=0.318968431
    adjusted_p_value=0.318968431
data_quality.equal_scores | whole sample | for information | statistic=0.00625
representativeness.segments | sex | green | statistic=0.00634021628 p=0.208995696
    psi=0.00634021628 adjusted_p_value=0.208995696
representativeness.variables | informative | amber | statistic=0.0760329794 p=0.0224158289
    psi=0.0760329794 adjusted_p_value=0.0448316579
representativeness.variables | noise | red | statistic=0.437486781 p=2.56251685e-17
    psi=0.437486781 adjusted_p_value=7.68755056e-17
representativeness.variables | code | green | statistic=0.00939607969 p=0.491548693
    psi=0.00939607969 adjusted_p_value=0.491548693
representativeness.psi_limits_official | noise | for information | statistic=0.437486781
variables.auc | informative | green | statistic=0.47174026 p=0.637112197 roc_auc=0.710474792
    development_roc_auc=0.693012395 adjusted_p_value=0.637112197
variables.auc | noise | green | statistic=-1.80328824 p=0.0713429584 roc_auc=0.44025974
    development_roc_auc=0.518616917 adjusted_p_value=0.142685917
variables.auc | code | green | statistic=-2.38789101 p=0.0169453663 roc_auc=0.423978218
    development_roc_auc=0.524729659 adjusted_p_value=0.0508360988
variables.information_value | informative | for information | statistic=0.591364015
    weight_of_evidence_1=1.60511825 weight_of_evidence_2=1.55965588
    weight_of_evidence_3=1.33068141 weight_of_evidence_4=-0.0569633946
    weight_of_evidence_5=0.506505963 weight_of_evidence_6=-0.112533246
    weight_of_evidence_7=-0.351515861 weight_of_evidence_8=-0.164662311
    weight_of_evidence_9=-0.391435631 weight_of_evidence_10=-1.25135195
variables.information_value | noise | for information | statistic=0.311033604
    weight_of_evidence_1=-0.0930904231 weight_of_evidence_2=0.259511195
    weight_of_evidence_3=-0.32090772 weight_of_evidence_4=-0.623188592
    weight_of_evidence_5=0.0384662808 weight_of_evidence_6=0.310154928
    weight_of_evidence_7=0.315081047 weight_of_evidence_8=-0.706570201
    weight_of_evidence_9=1.77306734 weight_of_evidence_10=0.343771539
    weight_of_evidence_12=-0.108213585
variables.information_value | code | for information | statistic=0.115994908
    weight_of_evidence_1=-0.407522193 weight_of_evidence_2=-0.139258206
    weight_of_evidence_3=0.530639419 weight_of_evidence_4=0.159182115
variables.weight_of_evidence | informative | green | statistic=0.703050932 p=0.982800813
    adjusted_p_value=0.982800813
variables.weight_of_evidence | noise | green | statistic=10.0815538 p=0.12125936
    adjusted_p_value=0.24251872
variables.weight_of_evidence | code | green | statistic=7.61374944 p=0.0547066592
    adjusted_p_value=0.164119978
overrides.rate | whole sample | green | statistic=0.025 p=0.999999991 limit=0.05
overrides.direction | whole sample | for information | statistic=0.6 p=0.202638751
overrides.outcomes | whole sample | green | statistic=0.947368421 p=0.567400588
fairness.selection_ratio | sex: female | green | statistic=0.97 low=0.93 high=1.01 limit=0.8
fairness.selection_ratio | age: below 30 | amber | statistic=0.79 low=0.72 high=0.86 limit=0.8
fairness.equal_opportunity | sex: female | green | statistic=0.01 low=-0.01 high=0.03 limit=0.05
fairness.equal_opportunity | age: below 30 | red | statistic=0.12 low=0.06 high=0.18 limit=0.05
benchmark.auc | whole sample | green | statistic=-3.96521355 p=0.999963335 gain=-0.0198860583
    standard_error=0.0050151292
benchmark.delong_official | whole sample | for information | statistic=-3.7627072
    p=0.000168083947 gain=-0.0198860583 standard_error=0.00528504005
benchmark.log_loss | whole sample | green | statistic=-4.20150007 p=0.999986742
benchmark.brier | whole sample | green | statistic=-4.43338412 p=0.999995362
benchmark.agreement | whole sample | for information | statistic=0.916546442
robustness.seeds | whole sample | green | statistic=0.001 amber_limit=0.01 red_limit=0.02
robustness.resamples | whole sample | green | statistic=0.00450924975 amber_limit=0.01
    red_limit=0.02
robustness.scores | whole sample | green | statistic=0.02 amber_limit=0.05 red_limit=0.1
robustness.reasons | whole sample | green | statistic=0.9 amber_limit=0.7 red_limit=0.4
back_testing.promotions | version 0 | green | statistic=2 p=0.977249868 adjusted_p_value=1
back_testing.promotions | version 1 | green | statistic=2.1 p=0.982135579 adjusted_p_value=1
back_testing.promotions | version 2 | green | statistic=2.2 p=0.986096552 adjusted_p_value=1
back_testing.promotions | version 3 | green | statistic=2.3 p=0.98927589 adjusted_p_value=1
back_testing.promised_gains | whole sample | green | statistic=2.32379001 p=0.948635961
back_testing.estimates | whole sample | red | statistic=0.5 p=0.001158125
""",
    "bare": """
discrimination.auc_against_development | whole sample | green | statistic=-1.54329263
    p=0.938620104 roc_auc=0.786157063 standard_error=0.018428468 development_roc_auc=0.747212135
    development_standard_error=0.0172393386
discrimination.auc_against_development_official | whole sample | for information |
    statistic=-2.11330255 p=0.98271256 roc_auc=0.786157063 standard_error=0.018428468
    development_roc_auc=0.747212135 development_standard_error=0.0172393386
discrimination.auc_above_chance | whole sample | green | statistic=15.5279898 p=1.12150723e-54
    roc_auc=0.786157063 gini=0.572314126 standard_error=0.018428468 low=0.750037266
    high=0.822276861
discrimination.kolmogorov_smirnov | whole sample | green | statistic=0.442502177
    p=4.26154646e-27
discrimination.gini_by_segment | sex female | green | statistic=0.244000404 p=0.403615253
    gini=0.501528239 development_gini=0.520155718 gini_standard_error=0.0586327698
    adjusted_p_value=0.807230507
discrimination.gini_by_segment | sex male | green | statistic=-2.34711905 p=0.990540396
    gini=0.630906597 development_gini=0.472648386 gini_standard_error=0.0466149868
    adjusted_p_value=0.990540396
discrimination.auc_by_month | whole sample | not judged
discrimination.band_order | 1 of 10, 2 of 10 | green | statistic=-2.1700927 p=0.985000088
    lower_rate=0.0111111111 upper_rate=0.0777777778 adjusted_p_value=1
discrimination.band_order | 2 of 10, 3 of 10 | green | statistic=0.287942878 p=0.386695232
    lower_rate=0.0777777778 upper_rate=0.0666666667 adjusted_p_value=1
discrimination.band_order | 3 of 10, 4 of 10 | green | statistic=-1.69802685 p=0.955248653
    lower_rate=0.0666666667 upper_rate=0.144444444 adjusted_p_value=1
discrimination.band_order | 4 of 10, 5 of 10 | green | statistic=1.16090865 p=0.122839525
    lower_rate=0.144444444 upper_rate=0.0888888889 adjusted_p_value=1
discrimination.band_order | 5 of 10, 6 of 10 | green | statistic=-1.5628617 p=0.940957436
    lower_rate=0.0888888889 upper_rate=0.166666667 adjusted_p_value=1
discrimination.band_order | 6 of 10, 7 of 10 | green | statistic=-0.389906434 p=0.651697132
    lower_rate=0.166666667 upper_rate=0.188888889 adjusted_p_value=1
discrimination.band_order | 7 of 10, 8 of 10 | green | statistic=-2.20599668 p=0.986307884
    lower_rate=0.188888889 upper_rate=0.333333333 adjusted_p_value=1
discrimination.band_order | 8 of 10, 9 of 10 | green | statistic=-1.0793385 p=0.859781572
    lower_rate=0.333333333 upper_rate=0.411111111 adjusted_p_value=1
discrimination.band_order | 9 of 10, 10 of 10 | green | statistic=-2.68394436 p=0.996362039
    lower_rate=0.411111111 upper_rate=0.611111111 adjusted_p_value=1
calibration.in_the_large | whole sample | green | statistic=-0.887178376 p=0.374982872
    default_probability=0.22117084 default_rate=0.21 expected_over_observed=1.05319447
calibration.slope | whole sample | green | statistic=1.16524725 p=0.243918924 slope=1.11702519
    intercept=0.03517294 slope_standard_error=0.100429492
calibration.line | whole sample | green | statistic=2.20619062 p=0.331842338 slope=1.11702519
    intercept=0.03517294
calibration.spiegelhalter | whole sample | green | statistic=-1.44903886 p=0.14732673
    brier=0.13305474 expected_brier=0.142689579
calibration.jeffreys | whole sample | green | statistic=0.21 p=0.789550255
    default_probability=0.22117084
calibration.binomial | whole sample | green | statistic=189 p=0.789362136
    default_probability=0.22117084
calibration.binomial_official | whole sample | for information | statistic=189 p=0.801092148
    default_probability=0.22117084
calibration.correlated_binomial | whole sample | green | statistic=189 p=0.545664368
    default_probability=0.22117084
calibration.jeffreys_by_band | band 1 of 10 | green | statistic=0.0111111111 p=0.855143043
    row_count=90 default_count=1 default_rate=0.0111111111 default_probability=0.0296261173
    adjusted_p_value=1
calibration.jeffreys_by_band | band 2 of 10 | green | statistic=0.0777777778 p=0.201505174
    row_count=90 default_count=7 default_rate=0.0777777778 default_probability=0.0578278955
    adjusted_p_value=1
calibration.jeffreys_by_band | band 3 of 10 | green | statistic=0.0666666667 p=0.734469282
    row_count=90 default_count=6 default_rate=0.0666666667 default_probability=0.0860972712
    adjusted_p_value=1
calibration.jeffreys_by_band | band 4 of 10 | green | statistic=0.144444444 p=0.184163972
    row_count=90 default_count=13 default_rate=0.144444444 default_probability=0.114589923
    adjusted_p_value=1
calibration.jeffreys_by_band | band 5 of 10 | green | statistic=0.0888888889 p=0.961545115
    row_count=90 default_count=8 default_rate=0.0888888889 default_probability=0.152894691
    adjusted_p_value=1
calibration.jeffreys_by_band | band 6 of 10 | green | statistic=0.166666667 p=0.753810479
    row_count=90 default_count=15 default_rate=0.166666667 default_probability=0.195986093
    adjusted_p_value=1
calibration.jeffreys_by_band | band 7 of 10 | green | statistic=0.188888889 p=0.920368826
    row_count=90 default_count=17 default_rate=0.188888889 default_probability=0.252319206
    adjusted_p_value=1
calibration.jeffreys_by_band | band 8 of 10 | green | statistic=0.333333333 p=0.400533304
    row_count=90 default_count=30 default_rate=0.333333333 default_probability=0.321542701
    adjusted_p_value=1
calibration.jeffreys_by_band | band 9 of 10 | green | statistic=0.411111111 p=0.465949874
    row_count=90 default_count=37 default_rate=0.411111111 default_probability=0.407025772
    adjusted_p_value=1
calibration.jeffreys_by_band | band 10 of 10 | green | statistic=0.611111111 p=0.37140733
    row_count=90 default_count=55 default_rate=0.611111111 default_probability=0.593798727
    adjusted_p_value=1
calibration.binomial_by_band | band 1 of 10 | green | statistic=1 p=0.841518962 row_count=90
    default_count=1 default_rate=0.0111111111 default_probability=0.0296261173
    adjusted_p_value=1
calibration.binomial_by_band | band 2 of 10 | green | statistic=7 p=0.207033993 row_count=90
    default_count=7 default_rate=0.0777777778 default_probability=0.0578278955
    adjusted_p_value=1
calibration.binomial_by_band | band 3 of 10 | green | statistic=6 p=0.731123261 row_count=90
    default_count=6 default_rate=0.0666666667 default_probability=0.0860972712
    adjusted_p_value=1
calibration.binomial_by_band | band 4 of 10 | green | statistic=13 p=0.187230409 row_count=90
    default_count=13 default_rate=0.144444444 default_probability=0.114589923 adjusted_p_value=1
calibration.binomial_by_band | band 5 of 10 | green | statistic=8 p=0.959545186 row_count=90
    default_count=8 default_rate=0.0888888889 default_probability=0.152894691 adjusted_p_value=1
calibration.binomial_by_band | band 6 of 10 | green | statistic=15 p=0.751940125 row_count=90
    default_count=15 default_rate=0.166666667 default_probability=0.195986093 adjusted_p_value=1
calibration.binomial_by_band | band 7 of 10 | green | statistic=17 p=0.91868979 row_count=90
    default_count=17 default_rate=0.188888889 default_probability=0.252319206 adjusted_p_value=1
calibration.binomial_by_band | band 8 of 10 | green | statistic=30 p=0.401203179 row_count=90
    default_count=30 default_rate=0.333333333 default_probability=0.321542701 adjusted_p_value=1
calibration.binomial_by_band | band 9 of 10 | green | statistic=37 p=0.466173048 row_count=90
    default_count=37 default_rate=0.411111111 default_probability=0.407025772 adjusted_p_value=1
calibration.binomial_by_band | band 10 of 10 | green | statistic=55 p=0.372091504 row_count=90
    default_count=55 default_rate=0.611111111 default_probability=0.593798727 adjusted_p_value=1
calibration.chi_square_bands | whole sample | green | statistic=8.38567306 p=0.591220005
    degrees_of_freedom=10
calibration.hosmer_lemeshow_official | whole sample | for information | statistic=8.38567306
    p=0.396731153 degrees_of_freedom=8
calibration.by_segment | sex female | green | statistic=-1.32497331 p=0.185180004 row_count=436
    default_count=86 default_rate=0.197247706 default_probability=0.221350523
    adjusted_p_value=0.370360009
calibration.by_segment | sex male | green | statistic=0.0562227993 p=0.955164319 row_count=464
    default_count=103 default_rate=0.221982759 default_probability=0.221001999
    adjusted_p_value=0.955164319
calibration.by_variable | informative | green | statistic=6.86911254 p=0.737741065
    adjusted_p_value=0.875388127
calibration.by_variable | noise | green | statistic=12.5688658 p=0.248785373
    adjusted_p_value=0.746356118
calibration.by_variable | code | green | statistic=3.77232611 p=0.437694063
    adjusted_p_value=0.875388127
calibration.each_month | whole sample | not judged
calibration.over_time | whole sample | not judged
calibration.normal_months | whole sample | not judged
calibration.normal_months_official | whole sample | not judged
calibration.traffic_lights | whole sample | not judged
stability.psi | whole sample | green | statistic=0.0252743134 p=0.186020372
    scaled_psi=12.5107852 bins=10
stability.psi_limits_official | whole sample | for information | statistic=0.0252743134
    amber_limit=0.1 red_limit=0.25 beyond_watch=0
stability.kolmogorov_smirnov | whole sample | green | statistic=0.0324242424 p=0.66302903
stability.band_distribution | whole sample | not judged
stability.concentration | whole sample | not judged
stability.concentration_official | whole sample | not judged
stability.default_rate | whole sample | green | statistic=-1.35835434 p=0.174351274
stability.migration_bandwidth | whole sample | not judged
stability.migration_z | whole sample | not judged
stability.migration_homogeneity | whole sample | not judged
stability.migration_halves | whole sample | not judged
data_quality.missing_values | informative | green | statistic=0 p=1 missing_share=0
    development_missing_share=0 adjusted_p_value=1
data_quality.missing_values | noise | green | statistic=0 p=1 missing_share=0
    development_missing_share=0 adjusted_p_value=1
data_quality.missing_values | code | green | statistic=0 p=1 missing_share=0
    development_missing_share=0 adjusted_p_value=1
data_quality.ranges | informative | green | statistic=0.00111111111 p=0.697623812
    outside_share=0.00111111111 adjusted_p_value=1
data_quality.ranges | noise | green | statistic=0.00111111111 p=0.697623812
    outside_share=0.00111111111 adjusted_p_value=1
data_quality.ranges | code | green | statistic=0 p=1 outside_share=0 adjusted_p_value=1
data_quality.duplicates | whole sample | not judged
data_quality.outcome_completeness | whole sample | green | statistic=1 amber_limit=0.95
    red_limit=0.9
data_quality.outcomes_missing_at_random | whole sample | not judged
data_quality.equal_scores | whole sample | for information | statistic=0.00111111111
representativeness.segments | sex | green | statistic=3.2022436e-05 p=0.89981108
    psi=3.2022436e-05 adjusted_p_value=0.89981108
representativeness.variables | informative | green | statistic=0.0113679656 p=0.778871745
    psi=0.0113679656 adjusted_p_value=0.812323893
representativeness.variables | noise | green | statistic=0.032446236 p=0.0680927402
    psi=0.032446236 adjusted_p_value=0.20427822
representativeness.variables | code | green | statistic=0.00587456253 p=0.406161947
    psi=0.00587456253 adjusted_p_value=0.812323893
representativeness.psi_limits_official | noise | for information | statistic=0.032446236
variables.auc | informative | green | statistic=0.893094814 p=0.3718064 roc_auc=0.713162027
    development_roc_auc=0.688544158 adjusted_p_value=0.933723524
variables.auc | noise | green | statistic=1.01262111 p=0.311241175 roc_auc=0.524642987
    development_roc_auc=0.492427199 adjusted_p_value=0.933723524
variables.auc | code | green | statistic=0.411545644 p=0.680672479 roc_auc=0.511151296
    development_roc_auc=0.498776507 adjusted_p_value=0.933723524
variables.information_value | informative | for information | statistic=0.618842615
    weight_of_evidence_1=1.44957431 weight_of_evidence_2=1.41243236
    weight_of_evidence_3=0.628593762 weight_of_evidence_4=0.612500185
    weight_of_evidence_5=-0.207209719 weight_of_evidence_6=0.0559813332
    weight_of_evidence_7=-0.0435802954 weight_of_evidence_8=-0.224451526
    weight_of_evidence_9=-0.794996384 weight_of_evidence_10=-1.17933786
variables.information_value | noise | for information | statistic=0.104307303
    weight_of_evidence_1=0.507443667 weight_of_evidence_2=-0.14389744
    weight_of_evidence_3=-0.27480301 weight_of_evidence_4=0.132144364
    weight_of_evidence_5=1.05845665 weight_of_evidence_6=-0.120949375
    weight_of_evidence_7=-0.0870654074 weight_of_evidence_8=-0.0608817651
    weight_of_evidence_9=0.0736926662 weight_of_evidence_10=-0.357491922
variables.information_value | code | for information | statistic=0.0158227226
    weight_of_evidence_1=0.179812212 weight_of_evidence_2=-0.0742011988
    weight_of_evidence_3=-0.147769651 weight_of_evidence_4=0.0718298547
variables.weight_of_evidence | informative | green | statistic=10.7435386 p=0.29369853
    adjusted_p_value=0.821738189
variables.weight_of_evidence | noise | green | statistic=10.873115 p=0.284506676
    adjusted_p_value=0.821738189
variables.weight_of_evidence | code | green | statistic=3.88713077 p=0.27391273
    adjusted_p_value=0.821738189
overrides.rate | whole sample | not judged
overrides.direction | whole sample | not judged
overrides.outcomes | whole sample | not judged
fairness.selection_ratio | whole sample | not judged
fairness.equal_opportunity | whole sample | not judged
benchmark.auc | whole sample | green | statistic=-2.37226365 p=0.991160265 gain=-0.0222132923
    standard_error=0.0093637536
benchmark.delong_official | whole sample | for information | statistic=-2.37226365
    p=0.0176794703 gain=-0.0222132923 standard_error=0.0093637536
benchmark.log_loss | whole sample | green | statistic=-2.61334022 p=0.9955169
benchmark.brier | whole sample | green | statistic=-2.49495334 p=0.993701315
benchmark.agreement | whole sample | for information | statistic=0.909350308
robustness.seeds | whole sample | not judged
robustness.resamples | whole sample | not judged
robustness.scores | whole sample | not judged
robustness.reasons | whole sample | not judged
back_testing.promotions | whole sample | not judged
back_testing.promised_gains | whole sample | not judged
back_testing.estimates | whole sample | not judged
""",
}
