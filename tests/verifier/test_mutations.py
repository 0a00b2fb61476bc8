"""Whatever is spoiled in a lake is found, and named: a score of ways in the ordinary run, all of them at night."""

import re
import sys

import pytest
from tests.fakes.lake_mutations import MUTATIONS, Mutation

_SHORT_COUNT = 20
_SHORT = MUTATIONS[:: len(MUTATIONS) // _SHORT_COUNT][:_SHORT_COUNT]


def find_line(mutation: Mutation, lake, check_lake) -> str:
    mutation.spoil(lake)
    checked = check_lake(lake)
    assert checked.code == 1, mutation.title
    named = [line for line in checked.faults if re.search(mutation.says, line)]
    assert named, (mutation.title, checked.faults)
    return named[0]


def test_there_are_a_hundred_ways_and_no_two_of_one_name():
    assert len({mutation.title for mutation in MUTATIONS}) == len(MUTATIONS) >= 100


@pytest.mark.parametrize("mutation", _SHORT, ids=lambda mutation: mutation.title)
def test_what_is_spoiled_is_named(mutation, lake, check_lake):
    find_line(mutation, lake, check_lake)


@pytest.mark.nightly
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.title)
def test_each_of_all_ways_is_named(mutation, lake, check_lake, capsys):
    line = find_line(mutation, lake, check_lake)
    with capsys.disabled():
        sys.stdout.write(f"{mutation.title:<60} {line[12:132]}\n")
