"""Every figure of the gate's checks on two fixed contests, as it stood when each was checked."""

from functools import cache

import numpy as np
import pytest
from tests.fakes.pinned_figures import assert_unmoved

from credit_default.gates.promotion.calibration_check import check_calibration
from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.gates.promotion.fairness_check import (
    check_fairness_change,
    measure_fairness_changes,
)
from credit_default.gates.promotion.level_check import (
    ScoredRows,
    check_first_level,
    check_level,
    measure_slice_levels,
)
from credit_default.gates.promotion.paired_comparison import compare_on_rows
from credit_default.gates.promotion.paired_gains import PairedScores, measure_gains
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.slice_check import check_slices, measure_slices
from credit_default.model.estimator.decision import DecisionPolicy

POLICY = PromotionPolicy(resample_count=40)
COSTS = DecisionPolicy(missed_default_cost=4.0, false_alarm_cost=1.0)


@cache
def draw_contest(*, bias):
    """1,200 rows of 900 clients in groups of several sizes; the challenger sees more, and is off by a bias."""
    generator = np.random.default_rng(31)
    count = 1_200
    odds = -1.2 + 1.2 * generator.normal(size=count)

    def see(noise, shift=0.0):
        return 1 / (1 + np.exp(-(odds + shift + noise * generator.normal(size=count))))

    sex = np.where(generator.random(count) < 0.45, "female", "male")
    champion, challenger = see(0.7), see(0.4, bias * (1 + (sex == "female")))
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-odds))).astype(int)
    age = np.array(["young", "middle", "old"])[np.searchsorted([0.6, 0.9], generator.random(count))]
    return PairedScores(
        defaulted,
        np.round(champion, 3),
        challenger,
        groups={"sex": sex, "age": age},
        protected=("sex",),
        clients=np.r_[np.arange(900), np.arange(300)],
    )


def measure_all(*, bias):
    scores = draw_contest(bias=bias)
    first = ScoredRows(scores.defaulted, scores.challenger, scores.groups)
    return {
        "fairness": check_fairness_change(scores, decision_policy=COSTS, policy=POLICY).figures,
        "changes": list(measure_fairness_changes(scores, decision_policy=COSTS, policy=POLICY)),
        "level": check_level(scores, policy=POLICY).figures,
        "first_level": check_first_level(first, policy=POLICY).figures,
        "levels": [
            (part, part.ratio, part.p_value, part.is_further_than_champion(0.05))
            for part in measure_slice_levels(first, policy=POLICY, champion=scores.champion)
        ],
        "calibration": check_calibration(scores, policy=POLICY).figures,
        "slices": [(part, part.p_value) for part in measure_slices(scores, policy=POLICY)],
        "slice_check": check_slices(scores, policy=POLICY).figures,
        "comparison": compare_on_rows(
            scores, decision_policy=COSTS, policy=POLICY, rows_label="out of fold"
        ).list_figures(),
        "gains": measure_gains(
            scores, decision_policy=COSTS, confidence=0.9, resample_count=30, seed=4
        ),
        "areas": measure_auc_difference(
            scores.defaulted, scores.champion, challenger=scores.challenger, confidence=0.9
        ),
        "faults": [
            bool(check.fault)
            for check in (
                check_fairness_change(scores, decision_policy=COSTS, policy=POLICY),
                check_level(scores, policy=POLICY),
                check_first_level(first, policy=POLICY),
                check_calibration(scores, policy=POLICY),
                check_slices(scores, policy=POLICY),
            )
        ],
    }


CASES = {
    "sound": lambda: measure_all(bias=0.0),
    "off": lambda: measure_all(bias=0.5),
}


@pytest.mark.parametrize("name", CASES)
def test_no_figure_of_a_check_moves(name):
    assert_unmoved(CASES[name](), PINNED[name])


PINNED = {
    "sound": """
fairness.lowest_acceptance_ratio=0.955736961 fairness.largest_fairness_loss=-0.028212491
fairness.largest_like_for_like_fairness_loss=-0.0350558368 changes.0.challenger=0.955736961
changes.0.in_force.champion=0.905488758 changes.0.in_force.loss=-0.050248203
changes.0.in_force.standard_error=0.0824131454 changes.0.like_for_like.champion=0.901422466
changes.0.like_for_like.loss=-0.0543144954 changes.0.like_for_like.standard_error=0.0848404779
changes.1.challenger=0.0185570711 changes.1.in_force.champion=0.0467695621
changes.1.in_force.loss=-0.028212491 changes.1.in_force.standard_error=0.0494286413
changes.1.like_for_like.champion=0.0610552764 changes.1.like_for_like.loss=-0.0424982053
changes.1.like_for_like.standard_error=0.0550577536 changes.2.challenger=0.0103328246
changes.2.in_force.champion=0.0496875995 changes.2.in_force.loss=-0.039354775
changes.2.in_force.standard_error=0.0357693399 changes.2.like_for_like.champion=0.0453886613
changes.2.like_for_like.loss=-0.0350558368 changes.2.like_for_like.standard_error=0.034530411
level.expected_over_observed=1.02926058 level.expected_over_observed_low=0.951569991
level.expected_over_observed_high=1.11676444 first_level.expected_over_observed=1.02926058
first_level.expected_over_observed_low=0.951569991
first_level.expected_over_observed_high=1.11676444 levels.0.0.row_count=1200
levels.0.0.default_count=339 levels.0.0.expected_count=348.919335 levels.0.0.variance=194.669928
levels.0.0.champion_count=358.766 levels.0.1=1.02926058 levels.0.2=0.477121223 levels.0.3=0
levels.1.0.row_count=514 levels.1.0.default_count=140 levels.1.0.expected_count=148.450671
levels.1.0.variance=82.4734343 levels.1.0.champion_count=154.311 levels.1.1=1.06036194
levels.1.2=0.352092529 levels.1.3=0 levels.2.0.row_count=686 levels.2.0.default_count=199
levels.2.0.expected_count=200.468664 levels.2.0.variance=112.196493
levels.2.0.champion_count=204.455 levels.2.1=1.00738022 levels.2.2=0.889723468 levels.2.3=0
levels.3.0.row_count=350 levels.3.0.default_count=99 levels.3.0.expected_count=99.3705426
levels.3.0.variance=56.4904428 levels.3.0.champion_count=103.784 levels.3.1=1.00374285
levels.3.2=0.960679879 levels.3.3=0 levels.4.0.row_count=728 levels.4.0.default_count=206
levels.4.0.expected_count=217.476793 levels.4.0.variance=119.758933
levels.4.0.champion_count=220.218 levels.4.1=1.05571259 levels.4.2=0.294299184 levels.4.3=0
calibration.calibration_slope=0.979821247 calibration.calibration_slope_low=0.837735317
calibration.calibration_slope_high=1.12190718 slices.0.0.row_count=514
slices.0.0.gain=0.0272045227 slices.0.0.standard_error=0.0144929836 slices.0.1=0.969746591
slices.1.0.row_count=686 slices.1.0.gain=0.0342538428 slices.1.0.standard_error=0.0129479178
slices.1.1=0.995921603 slices.2.0.row_count=350 slices.2.0.gain=0.013103667
slices.2.0.standard_error=0.0168556498 slices.2.1=0.781540079 slices.3.0.row_count=728
slices.3.0.gain=0.0397093031 slices.3.0.standard_error=0.0130166217 slices.3.1=0.99885831
slice_check.slice_count=4 slice_check.worst_slice_log_loss_gain=0.013103667
comparison.champion_log_loss=0.520018937 comparison.challenger_log_loss=0.488784552
comparison.log_loss_gain=0.031234384 comparison.log_loss_gain_low=0.00329494538
comparison.log_loss_gain_high=0.0591738227 comparison.champion_brier=0.173105548
comparison.challenger_brier=0.161650209 comparison.brier_gain=0.0114553395
comparison.brier_gain_low=0.00101379469 comparison.brier_gain_high=0.0218968844
comparison.champion_roc_auc=0.746842013 comparison.challenger_roc_auc=0.778880975
comparison.roc_auc_gain=0.0320389614 comparison.roc_auc_gain_low=-0.000504331989
comparison.roc_auc_gain_high=0.0645822547 comparison.champion_cost_per_1000=553.333333
comparison.challenger_cost_per_1000=507.5 comparison.cost_per_1000_gain=45.8333333
comparison.cost_per_1000_gain_low=-35.2131601 comparison.cost_per_1000_gain_high=126.879827
comparison.roc_auc_gain_low_delong=0.00230012666 comparison.roc_auc_gain_high_delong=0.061777796
gains.0.champion=0.520018937 gains.0.challenger=0.488784552 gains.0.gain=0.031234384
gains.0.low=0.0157593465 gains.0.high=0.0467094215 gains.0.standard_error=0.00940815479
gains.1.champion=0.173105548 gains.1.challenger=0.161650209 gains.1.gain=0.0114553395
gains.1.low=0.00522023932 gains.1.high=0.0176904397 gains.1.standard_error=0.00379067177
gains.2.champion=0.746842013 gains.2.challenger=0.778880975 gains.2.gain=0.0320389614
gains.2.low=0.0150692757 gains.2.high=0.049008647 gains.2.standard_error=0.0103168363
gains.3.champion=553.333333 gains.3.challenger=507.5 gains.3.gain=45.8333333
gains.3.low=2.87766296 gains.3.high=88.7890037 gains.3.standard_error=26.1151933
areas.champion=0.746842013 areas.challenger=0.778880975 areas.gain=0.0320389614
areas.standard_error=0.0111223636 areas.low=0.0137443013 areas.high=0.0503336214 faults.0=0
faults.1=0 faults.2=0 faults.3=0 faults.4=0
""",
    "off": """
fairness.lowest_acceptance_ratio=0.579045972 fairness.largest_fairness_loss=0.326442786
fairness.largest_like_for_like_fairness_loss=0.417593575 changes.0.challenger=0.579045972
changes.0.in_force.champion=0.905488758 changes.0.in_force.loss=0.326442786
changes.0.in_force.standard_error=0.0569165355 changes.0.like_for_like.champion=0.996639547
changes.0.like_for_like.loss=0.417593575 changes.0.like_for_like.standard_error=0.0889890652
changes.1.challenger=0.0388729361 changes.1.in_force.champion=0.0467695621
changes.1.in_force.loss=-0.00789662599 changes.1.in_force.standard_error=0.0360296389
changes.1.like_for_like.champion=0.00104091888 changes.1.like_for_like.loss=0.0378320172
changes.1.like_for_like.standard_error=0.0241534151 changes.2.challenger=0.152219745
changes.2.in_force.champion=0.0496875995 changes.2.in_force.loss=0.102532146
changes.2.in_force.standard_error=0.0277057283 changes.2.like_for_like.champion=0.00610526085
changes.2.like_for_like.loss=0.146114485 changes.2.like_for_like.standard_error=0.0292222091
level.expected_over_observed=1.47386913 level.expected_over_observed_low=1.36300872
level.expected_over_observed_high=1.59865534 first_level.expected_over_observed=1.47386913
first_level.expected_over_observed_low=1.36300872
first_level.expected_over_observed_high=1.59865534 levels.0.0.row_count=1200
levels.0.0.default_count=339 levels.0.0.expected_count=499.641635 levels.0.0.variance=221.625735
levels.0.0.champion_count=358.766 levels.0.1=1.47386913 levels.0.2=0 levels.0.3=1
levels.1.0.row_count=514 levels.1.0.default_count=140 levels.1.0.expected_count=239.625155
levels.1.0.variance=96.6512636 levels.1.0.champion_count=154.311 levels.1.1=1.71160825
levels.1.2=0 levels.1.3=1 levels.2.0.row_count=686 levels.2.0.default_count=199
levels.2.0.expected_count=260.01648 levels.2.0.variance=124.974472
levels.2.0.champion_count=204.455 levels.2.1=1.30661548 levels.2.2=4.81426676e-08 levels.2.3=1
levels.3.0.row_count=350 levels.3.0.default_count=99 levels.3.0.expected_count=143.244701
levels.3.0.variance=65.1062415 levels.3.0.champion_count=103.784 levels.3.1=1.44691617
levels.3.2=4.17227352e-08 levels.3.3=1 levels.4.0.row_count=728 levels.4.0.default_count=206
levels.4.0.expected_count=309.416638 levels.4.0.variance=134.692666
levels.4.0.champion_count=220.218 levels.4.1=1.50202252 levels.4.2=0 levels.4.3=1
calibration.calibration_slope=0.922194889 calibration.calibration_slope_low=0.785870761
calibration.calibration_slope_high=1.05851902 slices.0.0.row_count=514
slices.0.0.gain=-0.075601675 slices.0.0.standard_error=0.0224176399 slices.0.1=0.000372554987
slices.1.0.row_count=686 slices.1.0.gain=0.0118715576 slices.1.0.standard_error=0.0153887737
slices.1.1=0.779777722 slices.2.0.row_count=350 slices.2.0.gain=-0.0305944805
slices.2.0.standard_error=0.0227713052 slices.2.1=0.0895463107 slices.3.0.row_count=728
slices.3.0.gain=-0.0236134182 slices.3.0.standard_error=0.0174815056 slices.3.1=0.0883852485
slice_check.slice_count=4 slice_check.worst_slice_log_loss_gain=-0.075601675
comparison.champion_log_loss=0.520018937 comparison.challenger_log_loss=0.54561508
comparison.log_loss_gain=-0.0255961437 comparison.log_loss_gain_low=-0.0637904722
comparison.log_loss_gain_high=0.0125981848 comparison.champion_brier=0.173105548
comparison.challenger_brier=0.184966423 comparison.brier_gain=-0.0118608744
comparison.brier_gain_low=-0.0264410636 comparison.brier_gain_high=0.00271931478
comparison.champion_roc_auc=0.746842013 comparison.challenger_roc_auc=0.771117484
comparison.roc_auc_gain=0.0242754703 comparison.roc_auc_gain_low=-0.00698701694
comparison.roc_auc_gain_high=0.0555379576 comparison.champion_cost_per_1000=553.333333
comparison.challenger_cost_per_1000=554.166667 comparison.cost_per_1000_gain=-0.833333333
comparison.cost_per_1000_gain_low=-91.8146161 comparison.cost_per_1000_gain_high=90.1479494
comparison.roc_auc_gain_low_delong=-0.00598805618
comparison.roc_auc_gain_high_delong=0.0545389968 gains.0.champion=0.520018937
gains.0.challenger=0.54561508 gains.0.gain=-0.0255961437 gains.0.low=-0.0457534129
gains.0.high=-0.00543887452 gains.0.standard_error=0.0122547495 gains.1.champion=0.173105548
gains.1.challenger=0.184966423 gains.1.gain=-0.0118608744 gains.1.low=-0.020255163
gains.1.high=-0.0034665858 gains.1.standard_error=0.00510336509 gains.2.champion=0.746842013
gains.2.challenger=0.771117484 gains.2.gain=0.0242754703 gains.2.low=0.00505356978
gains.2.high=0.0434973709 gains.2.standard_error=0.0116860858 gains.3.champion=553.333333
gains.3.challenger=554.166667 gains.3.gain=-0.833333333 gains.3.low=-50.1091636
gains.3.high=48.4424969 gains.3.standard_error=29.9575776 areas.champion=0.746842013
areas.challenger=0.771117484 areas.gain=0.0242754703 areas.standard_error=0.011318599
areas.low=0.00565803166 areas.high=0.042892909 faults.0=1 faults.1=1 faults.2=1 faults.3=0
faults.4=1
""",
}
