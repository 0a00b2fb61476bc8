import json
import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.errors import InputError
from credit_default.gates.ledger.chain import (
    GENESIS_HASH,
    LedgerEntry,
    chain_entry,
    hash_entry,
    judge_chain,
    write_details,
)

TEXT_FIELDS = ("at", "event", "key", "batch_id", "details", "previous_hash", "entry_hash")


def draft(number=1, **changes):
    entry = LedgerEntry(
        sequence=0,
        at=f"2005-10-01T12:00:{number:02d}.000000+00:00",
        event="scored",
        key=f"scored {number}",
        batch_id="ab" * 8,
        model_version=3,
        details='{"scored_count":7}',
        previous_hash="",
    )
    return replace(entry, **changes)


def make_chain(count):
    chain = []
    for number in range(1, count + 1):
        chain.append(chain_entry(draft(number), chain[-1] if chain else None))
    return chain


def alarm(entries):
    """The reason why a chain is broken."""
    verdict = judge_chain(entries)
    assert verdict.level == "alarm"
    assert not verdict.passed
    (reason,) = verdict.reasons
    return reason


def test_an_empty_ledger_is_unbroken():
    verdict = judge_chain([])

    assert (verdict.gate, verdict.level) == ("ledger", "ok")
    assert verdict.figures == {"entry_count": 0.0}


def test_the_first_entry_follows_nothing_and_each_other_the_one_before():
    first, second, third = make_chain(3)

    assert (first.sequence, second.sequence, third.sequence) == (1, 2, 3)
    assert first.previous_hash == GENESIS_HASH
    assert (second.previous_hash, third.previous_hash) == (first.entry_hash, second.entry_hash)
    assert judge_chain([first, second, third]).figures == {"entry_count": 3.0}


def test_an_entry_has_the_hash_that_others_compute_too():
    assert (
        chain_entry(draft(1), None).entry_hash
        == "720ee034f7405686c9e3b207acd2aa104b256e36126bcc7e1d02b0c014976973"
    )


def test_a_change_is_found_at_the_entry_that_was_changed():
    chain = make_chain(4)
    chain[1] = replace(chain[1], details='{"scored_count":8}')

    assert alarm(chain) == "entry 2: its content does not match its hash: it was changed"


def test_a_change_whose_hash_was_made_to_match_is_found_at_the_next_entry():
    chain = make_chain(4)
    chain[1] = chain_entry(replace(chain[1], details='{"scored_count":8}'), chain[0])

    assert alarm(chain).startswith("entry 3: it does not follow the entry before it")


def test_a_missing_entry_is_found_at_its_place():
    chain = make_chain(4)

    assert alarm(chain[:1] + chain[2:]).startswith("entry 2: numbered 3, expected 2")
    assert alarm(chain[1:]).startswith("entry 1: numbered 2, expected 1")


def test_a_fork_is_found():
    chain = make_chain(3)
    other = chain_entry(draft(9), chain[1])

    assert alarm([*chain, other]).startswith("entry 4: numbered 3, expected 4")


def test_a_decision_that_is_recorded_twice_is_found():
    chain = make_chain(2)
    again = chain_entry(draft(1), chain[-1])

    assert (
        alarm([*chain, again]) == "entry 3: its decision 'scored 1' is recorded by an earlier entry"
    )


chains = st.integers(1, 6).map(make_chain)


@given(chains, st.data())
def test_any_change_of_any_field_is_found(chain, data):
    place = data.draw(st.integers(0, len(chain) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(LedgerEntry)]))
    value = data.draw(st.text() if name in TEXT_FIELDS else st.integers(-5, 10**12))
    changed = replace(chain[place], **{name: value})

    broken = [*chain[:place], changed, *chain[place + 1 :]]

    assert judge_chain(broken).passed == (changed == chain[place])


@given(chains, st.data())
def test_any_removal_but_the_last_is_found(chain, data):
    """The removal of the last entry is found only by a hash that was noted elsewhere."""
    place = data.draw(st.integers(0, len(chain) - 1))

    verdict = judge_chain(chain[:place] + chain[place + 1 :])

    assert verdict.passed == (place == len(chain) - 1)


@given(chains, st.data())
def test_any_swap_is_found(chain, data):
    one, two = (data.draw(st.integers(0, len(chain) - 1)) for _ in range(2))
    swapped = list(chain)
    swapped[one], swapped[two] = swapped[two], swapped[one]

    assert judge_chain(swapped).passed == (one == two)


@given(chains, st.data())
def test_any_repetition_is_found(chain, data):
    place, where = data.draw(st.integers(0, len(chain) - 1)), data.draw(st.integers(0, len(chain)))

    alarm([*chain[:where], chain[place], *chain[where:]])


@given(chains, st.data())
def test_any_insertion_is_found(chain, data):
    """An inserted entry is found even where its own hashes match the entry before it."""
    where = data.draw(st.integers(0, len(chain) - 1))
    inserted = chain_entry(draft(50), chain[where - 1] if where else None)

    alarm([*chain[:where], inserted, *chain[where:]])


texts = st.dictionaries(
    st.text(),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
)


@given(texts, st.randoms(use_true_random=False))
def test_details_are_the_same_text_whatever_their_order_and_read_back_as_they_were(details, random):
    names = random.sample(list(details), len(details))

    text = write_details({name: details[name] for name in names})

    assert text == write_details(details)
    assert text.isascii()
    assert json.loads(text) == details


@pytest.mark.parametrize("value", [[1], {"a": 1}, b"x", object(), math.nan, math.inf])
def test_details_that_are_not_flat_and_finite_are_refused(value):
    with pytest.raises(InputError, match="ledger details"):
        write_details({"fine": 1, "odd": value})


def test_the_hash_does_not_depend_on_the_entry_s_own_hash():
    entry = chain_entry(draft(), None)

    assert hash_entry(replace(entry, entry_hash="")) == entry.entry_hash
