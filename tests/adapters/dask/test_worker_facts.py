import pytest

from credit_default.adapters.dask.worker_facts import read_facts, require_same_facts
from credit_default.errors import SetupError


def test_a_worker_with_the_same_facts_is_taken():
    require_same_facts(read_facts(), dict(read_facts()), name="tls://10.0.0.1:1")


@pytest.mark.parametrize("fact", sorted(read_facts()))
def test_each_fact_that_differs_is_named(fact):
    with pytest.raises(SetupError, match=rf"tls://10\.0\.0\.1:1: found {fact} 9\.9; expected"):
        require_same_facts(read_facts(), read_facts() | {fact: "9.9"}, name="tls://10.0.0.1:1")


def test_a_worker_that_cannot_say_what_it_is_is_refused():
    with pytest.raises(SetupError, match="found no credit-default"):
        require_same_facts(read_facts(), ModuleNotFoundError("credit_default"), name="w")


def test_the_facts_say_what_decides_the_bits():
    assert set(read_facts()) >= {
        "credit-default",
        "credit-default's code",
        "Python",
        "scikit-learn",
        "polars",
        "hashes of keys",
    }
