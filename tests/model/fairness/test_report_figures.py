"""Every figure of a fairness report and of its neighbours on fixed people, as it stood when each was checked."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.fakes.pinned_figures import assert_unmoved

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.fairness.acceptance_counts import count_acceptance, plan_acceptance
from credit_default.model.fairness.attribute_flip_test import measure_flip_sensitivity
from credit_default.model.fairness.groupings import AttributeBands
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.protected_attribute_cost import compare_fairness
from credit_default.model.fairness.proxy_check import ProxyPolicy, measure_proxies
from credit_default.model.fairness.report import measure_fairness
from credit_default.model.fairness.slice_metrics import evaluate_groups
from credit_default.model.features.declaration import parse_features

COSTS = DecisionPolicy(missed_default_cost=3.0, false_alarm_cost=1.0)
POLICY = FairnessPolicy(
    attributes=("region",),
    bands=(AttributeBands("age", (30.0, 50.0)),),
    fewest_rows=60,
    fewest_defaults=12,
    fewest_rows_for_slope=400,
    resample_count=30,
)


def declare(name, kind, **more):
    return {"name": name, "kind": kind, "description": "x", **more}


SCHEMA = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "columns": [
            declare("sex", "code", codes={"1": "male", "2": "female"}, protected=True),
            declare("age", "integer", protected=True),
            declare("region", "code", codes={"1": "north", "2": "south", "3": "east"}),
            declare("income", "amount"),
            declare("debt", "amount"),
        ],
        "outcome": {"description": "x"},
    }
)
NAMES = ["sex", "age", "region", "income", "debt"]
FEATURES = parse_features([{"name": n, "function": "raw", "columns": [n]} for n in NAMES])


@cache
def draw_loans():
    """900 loans of 600 clients; income reveals sex in part, and two scores of which one is off for women."""
    generator = np.random.default_rng(71)
    count = 900
    sex = generator.integers(1, 3, count)
    age = generator.integers(20, 75, count)
    region = generator.choice([1, 2, 3], count, p=[0.55, 0.4, 0.05])
    income = np.round(generator.lognormal(10, 0.4, count) * np.where(sex == 1, 1.3, 1.0))
    debt = np.round(generator.lognormal(8, 0.8, count))
    odds = -1.2 + 0.9 * np.log(debt / income * 12) + generator.normal(0, 0.4, count)
    probability = 1 / (1 + np.exp(-odds))
    rows = pl.DataFrame(
        {
            "client_id": [f"T{number:05d}" for number in np.r_[np.arange(600), np.arange(300)]],
            "statement_month": ["2005-08"] * 600 + ["2005-09"] * 300,
            "sex": sex,
            "age": age,
            "region": region,
            "income": income,
            "debt": debt,
            "defaulted": (generator.random(count) < probability).astype(np.int64),
        }
    )
    scored = 1 / (1 + np.exp(-(odds + generator.normal(0, 0.5, count))))
    return rows, scored, np.where(sex == 2, np.minimum(scored + 0.08, 1), scored)


@cache
def fit_loans(*, include_protected):
    rows, _, _ = draw_loans()
    recipe = Recipe(tree_count=6, leaf_row_count=15, include_protected=include_protected)
    return fit(recipe, rows, schema=SCHEMA, features=FEATURES, decision_policy=COSTS)


def report():
    rows, _, mistreated = draw_loans()
    found = measure_fairness(
        rows, mistreated, schema=SCHEMA, decision_policy=COSTS, seed=3, policy=POLICY
    )
    furthest = ("lowest_ratio", "widest_caught_gap", "widest_false_alarm_gap")
    return {
        "single": [group for group in found.groups if group.is_single],
        "pairs": [
            (group.row_count, group.default_count, group.is_too_small, group.is_reference)
            for group in found.groups
            if not group.is_single
        ],
        "headlines": [
            (
                line.judged_count,
                line.too_small_count,
                *(group and group.row_count for group in (getattr(line, n) for n in furthest)),
            )
            for line in found.headlines
        ],
    }


def compare():
    rows, scored, mistreated = draw_loans()
    return compare_fairness(
        rows,
        without_protected=scored,
        with_protected=mistreated,
        schema=SCHEMA,
        decision_policy=COSTS,
        seed=3,
        policy=POLICY,
    )


def find_proxies():
    rows, _, _ = draw_loans()
    return measure_proxies(
        fit_loans(include_protected=False),
        rows,
        schema=SCHEMA,
        attributes=("sex", "age", "region"),
        seed=5,
        policy=ProxyPolicy(row_count=700, tree_count=8, fewest_rows=30),
    )


def flip():
    rows, _, _ = draw_loans()
    return [
        measure_flip_sensitivity(fit_loans(include_protected=included), rows[:120], SCHEMA)
        for included in (False, True)
    ]


def count_and_slice():
    rows, scored, _ = draw_loans()
    decision = np.where(scored >= COSTS.threshold, "decline", "accept")
    decided = rows.with_columns(decision=pl.Series(decision))
    plan = plan_acceptance(rows, schema=SCHEMA, policy=replace(POLICY, bands=()))
    return {
        "counts": count_acceptance(decided.iter_slices(250), schema=SCHEMA, plan=plan),
        "bands": plan.bands,
        "slices": evaluate_groups(
            rows["defaulted"], scored, groups=rows["region"].to_list(), policy=COSTS
        ),
    }


CASES = {
    "report": report,
    "cost": compare,
    "proxies": find_proxies,
    "flips": flip,
    "counts": count_and_slice,
}


@pytest.mark.parametrize("name", CASES)
def test_no_figure_of_fairness_moves(name):
    assert_unmoved(CASES[name](), PINNED[name])


PINNED = {
    "report": """
single.0.row_count=457 single.0.default_count=135 single.0.is_single=1 single.0.is_too_small=0
single.0.is_reference=1 single.0.accept_share.value=0.466083151
single.0.accept_share.low=0.420819982 single.0.accept_share.high=0.511911764
single.0.caught_share.value=0.748148148 single.0.caught_share.low=0.66752218
single.0.caught_share.high=0.814651189 single.0.false_alarm_share.value=0.444099379
single.0.false_alarm_share.low=0.390805363 single.0.false_alarm_share.high=0.498711459
single.0.calibration_gap.value=-0.00966712038 single.0.calibration_gap.low=-0.0525563022
single.0.calibration_gap.high=0.0254176294 single.0.calibration_slope.value=0.727328655
single.0.calibration_slope.low=0.55538618 single.0.calibration_slope.high=1.06521283
single.0.roc_auc.value=0.690200138 single.0.roc_auc.low=0.647539094
single.0.roc_auc.high=0.774374935 single.0.acceptance_ratio.value=1
single.0.acceptance_ratio.low=1 single.0.acceptance_ratio.high=1 single.0.caught_gap.value=0
single.0.caught_gap.low=0 single.0.caught_gap.high=0 single.0.false_alarm_gap.value=0
single.0.false_alarm_gap.low=0 single.0.false_alarm_gap.high=0 single.1.row_count=443
single.1.default_count=120 single.1.is_single=1 single.1.is_too_small=0 single.1.is_reference=0
single.1.accept_share.value=0.214446953 single.1.accept_share.low=0.177646951
single.1.accept_share.high=0.256492481 single.1.caught_share.value=0.858333333
single.1.caught_share.low=0.784805055 single.1.caught_share.high=0.909631209
single.1.false_alarm_share.value=0.758513932 single.1.false_alarm_share.low=0.70735255
single.1.false_alarm_share.high=0.803219355 single.1.calibration_gap.value=-0.153051619
single.1.calibration_gap.low=-0.202352945 single.1.calibration_gap.high=-0.127721561
single.1.calibration_slope.value=0.806711507 single.1.calibration_slope.low=0.518260442
single.1.calibration_slope.high=1.03395451 single.1.roc_auc.value=0.688596491
single.1.roc_auc.low=0.629725467 single.1.roc_auc.high=0.749844511
single.1.acceptance_ratio.value=0.460104495 single.1.acceptance_ratio.low=0.373044289
single.1.acceptance_ratio.high=0.565727977 single.1.caught_gap.value=0.110185185
single.1.caught_gap.low=0.0110435585 single.1.caught_gap.high=0.205746782
single.1.false_alarm_gap.value=0.314414553 single.1.false_alarm_gap.low=0.23958163
single.1.false_alarm_gap.high=0.383976231 single.2.row_count=154 single.2.default_count=40
single.2.is_single=1 single.2.is_too_small=0 single.2.is_reference=1
single.2.accept_share.value=0.37012987 single.2.accept_share.low=0.297135115
single.2.accept_share.high=0.449586458 single.2.caught_share.value=0.75
single.2.caught_share.low=0.596716038 single.2.caught_share.high=0.858807933
single.2.false_alarm_share.value=0.587719298 single.2.false_alarm_share.low=0.494144806
single.2.false_alarm_share.high=0.675356245 single.2.calibration_gap.value=-0.0992724342
single.2.calibration_gap.low=-0.169283448 single.2.calibration_gap.high=-0.0393988991
single.2.calibration_slope=none single.2.roc_auc.value=0.692763158
single.2.roc_auc.low=0.589508266 single.2.roc_auc.high=0.826109067
single.2.acceptance_ratio.value=1 single.2.acceptance_ratio.low=1
single.2.acceptance_ratio.high=1 single.2.caught_gap.value=0 single.2.caught_gap.low=0
single.2.caught_gap.high=0 single.2.false_alarm_gap.value=0 single.2.false_alarm_gap.low=0
single.2.false_alarm_gap.high=0 single.3.row_count=325 single.3.default_count=95
single.3.is_single=1 single.3.is_too_small=0 single.3.is_reference=0
single.3.accept_share.value=0.335384615 single.3.accept_share.low=0.286243042
single.3.accept_share.high=0.388372195 single.3.caught_share.value=0.831578947
single.3.caught_share.low=0.743586273 single.3.caught_share.high=0.893692481
single.3.false_alarm_share.value=0.595652174 single.3.false_alarm_share.low=0.531159676
single.3.false_alarm_share.high=0.657001997 single.3.calibration_gap.value=-0.0768268215
single.3.calibration_gap.low=-0.124888788 single.3.calibration_gap.high=-0.038953206
single.3.calibration_slope=none single.3.roc_auc.value=0.694599542
single.3.roc_auc.low=0.636970697 single.3.roc_auc.high=0.760647269
single.3.acceptance_ratio.value=0.906126856 single.3.acceptance_ratio.low=0.704827929
single.3.acceptance_ratio.high=1.17921614 single.3.caught_gap.value=0.0815789474
single.3.caught_gap.low=-0.0583563123 single.3.caught_gap.high=0.246969589
single.3.false_alarm_gap.value=0.00793287567 single.3.false_alarm_gap.low=-0.100876668
single.3.false_alarm_gap.high=0.11982562 single.4.row_count=421 single.4.default_count=120
single.4.is_single=1 single.4.is_too_small=0 single.4.is_reference=0
single.4.accept_share.value=0.337292162 single.4.accept_share.low=0.293246716
single.4.accept_share.high=0.384355426 single.4.caught_share.value=0.791666667
single.4.caught_share.low=0.710089432 single.4.caught_share.high=0.854977184
single.4.false_alarm_share.value=0.611295681 single.4.false_alarm_share.low=0.553417618
single.4.false_alarm_share.high=0.666197047 single.4.calibration_gap.value=-0.0759217801
single.4.calibration_gap.low=-0.111463925 single.4.calibration_gap.high=-0.0346044112
single.4.calibration_slope.value=0.546560911 single.4.calibration_slope.low=0.300898587
single.4.calibration_slope.high=0.846914213 single.4.roc_auc.value=0.649086379
single.4.roc_auc.low=0.586950413 single.4.roc_auc.high=0.731631165
single.4.acceptance_ratio.value=0.911280577 single.4.acceptance_ratio.low=0.716763878
single.4.acceptance_ratio.high=1.17572616 single.4.caught_gap.value=0.0416666667
single.4.caught_gap.low=-0.0943260225 single.4.caught_gap.high=0.207510553
single.4.false_alarm_gap.value=0.0235763828 single.4.false_alarm_gap.low=-0.0814479225
single.4.false_alarm_gap.high=0.132067606 single.5.row_count=504 single.5.default_count=147
single.5.is_single=1 single.5.is_too_small=0 single.5.is_reference=0
single.5.accept_share.value=0.31547619 single.5.accept_share.low=0.276431118
single.5.accept_share.high=0.357312845 single.5.caught_share.value=0.836734694
single.5.caught_share.low=0.767164784 single.5.caught_share.high=0.888537675
single.5.false_alarm_share.value=0.621848739 single.5.false_alarm_share.low=0.570500768
single.5.false_alarm_share.high=0.670602348 single.5.calibration_gap.value=-0.0746376605
single.5.calibration_gap.low=-0.122155364 single.5.calibration_gap.high=-0.0276720942
single.5.calibration_slope.value=0.712658632 single.5.calibration_slope.low=0.483593127
single.5.calibration_slope.high=1.05300533 single.5.roc_auc.value=0.671030317
single.5.roc_auc.low=0.616756406 single.5.roc_auc.high=0.750275271
single.5.acceptance_ratio.value=0.854916394 single.5.acceptance_ratio.low=0.710140378
single.5.acceptance_ratio.high=1.03176625 single.5.caught_gap.value=0.0738480959
single.5.caught_gap.low=-0.0277167619 single.5.caught_gap.high=0.181415475
single.5.false_alarm_gap.value=0.0404533907 single.5.false_alarm_gap.low=-0.0383095698
single.5.false_alarm_gap.high=0.119490938 single.6.row_count=355 single.6.default_count=97
single.6.is_single=1 single.6.is_too_small=0 single.6.is_reference=1
single.6.accept_share.value=0.369014085 single.6.accept_share.low=0.320470472
single.6.accept_share.high=0.42036215 single.6.caught_share.value=0.762886598
single.6.caught_share.low=0.668614693 single.6.caught_share.high=0.836882868
single.6.false_alarm_share.value=0.581395349 single.6.false_alarm_share.low=0.519185867
single.6.false_alarm_share.high=0.64111963 single.6.calibration_gap.value=-0.0948469089
single.6.calibration_gap.low=-0.140931456 single.6.calibration_gap.high=-0.0642878664
single.6.calibration_slope=none single.6.roc_auc.value=0.680132662
single.6.roc_auc.low=0.601109703 single.6.roc_auc.high=0.765746756
single.6.acceptance_ratio.value=1 single.6.acceptance_ratio.low=1
single.6.acceptance_ratio.high=1 single.6.caught_gap.value=0 single.6.caught_gap.low=0
single.6.caught_gap.high=0 single.6.false_alarm_gap.value=0 single.6.false_alarm_gap.low=0
single.6.false_alarm_gap.high=0 single.7.row_count=41 single.7.default_count=11
single.7.is_single=1 single.7.is_too_small=1 single.7.is_reference=0 single.7.accept_share=none
single.7.caught_share=none single.7.false_alarm_share=none single.7.calibration_gap=none
single.7.calibration_slope=none single.7.roc_auc=none single.7.acceptance_ratio=none
single.7.caught_gap=none single.7.false_alarm_gap=none pairs.0.0=74 pairs.0.1=17 pairs.0.2=0
pairs.0.3=1 pairs.1.0=174 pairs.1.1=52 pairs.1.2=0 pairs.1.3=0 pairs.2.0=209 pairs.2.1=66
pairs.2.2=0 pairs.2.3=0 pairs.3.0=80 pairs.3.1=23 pairs.3.2=0 pairs.3.3=0 pairs.4.0=151
pairs.4.1=43 pairs.4.2=0 pairs.4.3=0 pairs.5.0=212 pairs.5.1=54 pairs.5.2=0 pairs.5.3=0
pairs.6.0=247 pairs.6.1=78 pairs.6.2=0 pairs.6.3=0 pairs.7.0=184 pairs.7.1=49 pairs.7.2=0
pairs.7.3=1 pairs.8.0=26 pairs.8.1=8 pairs.8.2=1 pairs.8.3=0 pairs.9.0=257 pairs.9.1=69
pairs.9.2=0 pairs.9.3=0 pairs.10.0=171 pairs.10.1=48 pairs.10.2=0 pairs.10.3=0 pairs.11.0=15
pairs.11.1=3 pairs.11.2=1 pairs.11.3=0 pairs.12.0=78 pairs.12.1=19 pairs.12.2=0 pairs.12.3=0
pairs.13.0=67 pairs.13.1=17 pairs.13.2=0 pairs.13.3=1 pairs.14.0=9 pairs.14.1=4 pairs.14.2=1
pairs.14.3=0 pairs.15.0=180 pairs.15.1=51 pairs.15.2=0 pairs.15.3=0 pairs.16.0=132 pairs.16.1=40
pairs.16.2=0 pairs.16.3=0 pairs.17.0=13 pairs.17.1=4 pairs.17.2=1 pairs.17.3=0 pairs.18.0=246
pairs.18.1=77 pairs.18.2=0 pairs.18.3=0 pairs.19.0=156 pairs.19.1=40 pairs.19.2=0 pairs.19.3=0
pairs.20.0=19 pairs.20.1=3 pairs.20.2=1 pairs.20.3=0 headlines.0.0=2 headlines.0.1=0
headlines.0.2=443 headlines.0.3=443 headlines.0.4=443 headlines.1.0=3 headlines.1.1=0
headlines.1.2=325 headlines.1.3=325 headlines.1.4=421 headlines.2.0=2 headlines.2.1=1
headlines.2.2=504 headlines.2.3=504 headlines.2.4=504 headlines.3.0=6 headlines.3.1=0
headlines.3.2=151 headlines.3.3=151 headlines.3.4=212 headlines.4.0=4 headlines.4.1=2
headlines.4.2=257 headlines.4.3=257 headlines.4.4=257 headlines.5.0=6 headlines.5.1=3
headlines.5.2=180 headlines.5.3=78 headlines.5.4=78
""",
    "cost": """
row_count=900 roc_auc_without=0.684237726 roc_auc_with=0.672187263
roc_auc_cost.value=-0.0120504636 roc_auc_cost.low=-0.0198012704 roc_auc_cost.high=-0.00200308313
changes.0.row_count=457 changes.0.ratio_without=1 changes.0.ratio_with=1
changes.0.change.value=0 changes.0.change.low=0 changes.0.change.high=0 changes.1.row_count=443
changes.1.ratio_without=0.813658475 changes.1.ratio_with=0.460104495
changes.1.change.value=-0.35355398 changes.1.change.low=-0.423660023
changes.1.change.high=-0.29582569 changes.2.row_count=154 changes.2.ratio_without=1
changes.2.ratio_with=1 changes.2.change.value=0 changes.2.change.low=0 changes.2.change.high=0
changes.3.row_count=325 changes.3.ratio_without=0.900975081 changes.3.ratio_with=0.906126856
changes.3.change.value=0.00515177434 changes.3.change.low=-0.0585132576
changes.3.change.high=0.1885138 changes.4.row_count=421 changes.4.ratio_without=0.90160918
changes.4.ratio_with=0.911280577 changes.4.change.value=0.00967139672
changes.4.change.low=-0.0995008888 changes.4.change.high=0.200144386 changes.5.row_count=504
changes.5.ratio_without=0.965586566 changes.5.ratio_with=0.854916394
changes.5.change.value=-0.110670172 changes.5.change.low=-0.209674803
changes.5.change.high=-0.0484832029 changes.6.row_count=355 changes.6.ratio_without=1
changes.6.ratio_with=1 changes.6.change.value=0 changes.6.change.low=0 changes.6.change.high=0
""",
    "proxies": """
0.row_count=361 0.roc_auc.value=0.647647881 0.roc_auc.low=0.603931699 0.roc_auc.high=0.694517828
0.is_strong=0 0.strongest_inputs.0.share=0.506362545 0.strongest_inputs.1.share=0.368101969
0.strongest_inputs.2.share=0.125535485 1.row_count=361 1.roc_auc.value=0.502892653
1.roc_auc.low=0.458844425 1.roc_auc.high=0.53914081 1.is_strong=0
1.strongest_inputs.0.share=0.458514382 1.strongest_inputs.1.share=0.37968104
1.strongest_inputs.2.share=0.161804578 2.row_count=389 2.roc_auc.value=0.439518429
2.roc_auc.low=0.391835776 2.roc_auc.high=0.480024236 2.is_strong=0
2.strongest_inputs.0.share=0.598912116 2.strongest_inputs.1.share=0.401087884 3.row_count=280
3.roc_auc.value=0.46130102 3.roc_auc.low=0.41129438 3.roc_auc.high=0.508185078 3.is_strong=0
3.strongest_inputs.0.share=0.598912116 3.strongest_inputs.1.share=0.401087884 4.row_count=31
4.roc_auc.value=0.38750663 4.roc_auc.low=0.289097981 4.roc_auc.high=0.539159523 4.is_strong=0
4.strongest_inputs.0.share=0.598912116 4.strongest_inputs.1.share=0.401087884
""",
    "flips": """
0.0.is_input=0 0.0.flipped_count=240 0.0.changed_count=0 0.0.largest_change=0 0.1.is_input=0
0.1.flipped_count=600 0.1.changed_count=0 0.1.largest_change=0 1.0.is_input=1
1.0.flipped_count=240 1.0.changed_count=120 1.0.largest_change=0.210912596 1.1.is_input=1
1.1.flipped_count=600 1.1.changed_count=541 1.1.largest_change=0.283258471
""",
    "counts": """
counts.sex.male.row_count=457 counts.sex.male.accept_count=213 counts.sex.female.row_count=443
counts.sex.female.accept_count=168 counts.age.below_34.row_count=220
counts.age.below_34.accept_count=104 counts.age.34-47.row_count=228
counts.age.34-47.accept_count=89 counts.age.48-59.row_count=218 counts.age.48-59.accept_count=93
counts.age.60_and_above.row_count=234 counts.age.60_and_above.accept_count=95
counts.region.north.row_count=504 counts.region.north.accept_count=207
counts.region.south.row_count=355 counts.region.south.accept_count=151
counts.region.east.row_count=41 counts.region.east.accept_count=23 bands.0.edges.0=34
bands.0.edges.1=48 bands.0.edges.2=60 slices.0.row_count=504 slices.0.default_share=0.291666667
slices.0.mean_probability=0.325510676 slices.0.decline_share=0.589285714
slices.0.missed_default_share=0.204081633 slices.0.false_alarm_share=0.504201681
slices.0.roc_auc=0.686388841 slices.1.row_count=355 slices.1.default_share=0.273239437
slices.1.mean_probability=0.329551134 slices.1.decline_share=0.574647887
slices.1.missed_default_share=0.24742268 slices.1.false_alarm_share=0.507751938
slices.1.roc_auc=0.689203229 slices.2.row_count=41 slices.2.default_share=0.268292683
slices.2.mean_probability=0.261748969 slices.2.decline_share=0.43902439
slices.2.missed_default_share=0.454545455 slices.2.false_alarm_share=0.4
slices.2.roc_auc=0.618181818
""",
}
