from dataclasses import replace

import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.fairness.proxy_check import ProxyPolicy, measure_proxies

ATTRIBUTES = ("sex", "marriage", "age")
QUICK = ProxyPolicy(tree_count=10)


def measure(bundle, rows, *, attributes=ATTRIBUTES, policy=QUICK, job_count=1):
    return measure_proxies(
        bundle,
        rows,
        schema=CREDIT_CARD,
        attributes=attributes,
        seed=1,
        job_count=job_count,
        policy=policy,
    )


@pytest.fixture(scope="module")
def found(bundle, rows):
    return measure(bundle, rows)


def test_inputs_independent_of_an_attribute_do_not_reveal_it(found):
    assert [proxy.attribute for proxy in found] == [
        "sex",
        "marriage",
        "marriage",
        "marriage",
        "age",
    ]
    assert [proxy.group for proxy in found][:4] == ["male", "married", "single", "other"]
    assert found[4].group.startswith("up to ")
    for proxy in found:
        assert not proxy.is_strong
        assert proxy.roc_auc.low < 0.56


def test_an_attribute_that_the_limit_reveals_is_found_with_its_proxy(bundle, rows):
    revealing = rows.with_columns(
        sex=pl.when(pl.col("credit_limit") > 250_000).then(1).otherwise(2)
    )

    (sex,) = measure(bundle, revealing, attributes=("sex",))

    assert sex.is_strong
    assert sex.roc_auc.low > 0.95
    assert sex.strongest_inputs[0].name == "credit_limit"
    assert 0.3 < sex.strongest_inputs[0].share <= 1


def test_an_attribute_that_is_itself_an_input_is_no_proxy_of_its_own(fit_small, bundle, rows):
    included = fit_small(rows, recipe=replace(bundle.recipe, include_protected=True))

    (sex,) = measure(included, rows, attributes=("sex",))

    assert "sex" in included.input_names
    assert sex.roc_auc.value < 0.65
    assert "sex" not in [item.name for item in sex.strongest_inputs]


def test_row_order_and_jobs_change_nothing(bundle, rows, found):
    assert measure(bundle, rows[::-1], job_count=2) == found


def test_rows_beyond_the_bound_are_drawn_from(bundle, rows):
    policy = replace(QUICK, row_count=250)

    first = measure(bundle, rows, attributes=("sex",), policy=policy)

    assert first == measure(bundle, rows, attributes=("sex",), policy=policy)
    assert first[0].row_count < rows.filter(sex=1).height


def test_groups_too_small_and_attributes_alike_are_not_asked_about(bundle, rows):
    few = rows.with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 20).then(1).otherwise(2),
        age=pl.lit(40),
        marriage=pl.lit(1),
    )

    assert measure(bundle, few) == ()


def test_clients_who_are_alike_but_for_the_attribute_do_not_reveal_it(bundle, rows):
    identical = pl.concat([rows[:1]] * 300).with_columns(
        client_id=pl.format("T{}", pl.int_range(pl.len())), sex=pl.int_range(pl.len()) % 2 + 1
    )

    (sex,) = measure(bundle, identical, attributes=("sex",))

    assert sex.roc_auc.low <= 0.5
