"""Planted faults: what the protocol would be with two steps in another order, a condition dropped, or a repair missing.

`tests/protocol/test_mutants.py` shows that the search finds a counterexample to each. Those whose name begins with "as it
was" are faults that the search found in the code, and that are mended.
"""

from tests.protocol import invariants as holds
from tests.protocol.ingest_acts import FORGETTING, TAKING_IN
from tests.protocol.model import Bounds
from tests.protocol.planted import (
    Mutant,
    both_record,
    change_steps,
    do_not_ask_again,
    double_entry,
    double_scores,
    forget_the_champion,
    in_two_commits,
    keep_reason_until_moved,
    leave_if_known,
    leave_then_copy,
    merge_what_the_file_has,
    move_first,
    moved_before,
    promote_without_verdict_first,
    take_away_whatever_waits,
    tell_before_entry,
    with_do,
    without,
    without_lock,
    write_quarantine_again,
)

_TWICE = Bounds({"predict": 2}, crashes=0, lost_replies=0)
_ONCE = Bounds({"predict": 1, "reconcile": 1}, lost_replies=0)
_CHAMPIONS = Bounds({"predict": 2, "promote": 1, "reconcile": 1}, lost_replies=0)
_ERASURE = Bounds({"predict": 2, "forget": 1}, lost_replies=0)
_SCORED_ENTRY = {"find scores without an entry", "enter their scores"}

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "scores are committed without a key",
        holds.nothing_is_doubled,
        _TWICE,
        with_do("predict", "commit the scores", double_scores),
    ),
    Mutant(
        "an entry is appended without asking for its key",
        holds.nothing_is_doubled,
        Bounds({"predict": 1}, crashes=0),
        with_do("predict", "enter scored", double_entry),
    ),
    Mutant(
        "scores are written in two commits",
        holds.no_half_is_seen,
        _TWICE,
        lambda model: change_steps(model, "predict", in_two_commits),
    ),
    Mutant(
        "a snapshot's record is written before its rows",
        holds.no_half_is_seen,
        Bounds({"ingest": 1}),
        moved_before("ingest", "complete the snapshot", "store the rows"),
    ),
    Mutant(
        "the ledger gets its entry before the scores are committed",
        holds.no_entry_without_its_scores,
        _ONCE,
        moved_before("predict", "enter scored", "commit the scores"),
    ),
    Mutant(
        "the summary is shown before the entry is there",
        holds.told_is_on_record,
        _ONCE,
        tell_before_entry,
    ),
    Mutant(
        "a file is taken away although it was written again",
        holds.no_file_is_lost,
        Bounds({"predict": 1}, rewrites=1),
        with_do("predict", "leave incoming", take_away_whatever_waits),
    ),
    Mutant(
        "a refused file is moved before its reason is written",
        holds.no_file_is_lost,
        Bounds({"predict": 1}, rewrites=1),
        lambda model: change_steps(model, "predict", keep_reason_until_moved),
    ),
    Mutant(
        "a file is moved before it is scored",
        holds.processed_means_scored,
        _ONCE,
        with_do("predict", "look at incoming", move_first),
    ),
    Mutant(
        "the alias is moved before the verdict is written",
        holds.no_alias_without_its_verdict,
        Bounds({"promote": 1}),
        promote_without_verdict_first,
    ),
    Mutant(
        "an approval does not ask for the request",
        holds.two_people_decide,
        Bounds({"request": 1, "approve": 1, "refuse": 1}, two_people=True),
        with_do("approve", "find the request", do_not_ask_again),
    ),
    Mutant(
        "as it was: reconcile does not look for scores without an entry",
        holds.every_result_is_on_record,
        _CHAMPIONS,
        without("reconcile", *_SCORED_ENTRY),
    ),
    Mutant(
        "as it was: an erasure waits for nobody, and nobody for it (digests)",
        holds.scores_are_those_on_record,
        _ERASURE,
        without_lock(FORGETTING, TAKING_IN),
    ),
    Mutant(
        "as it was: an erasure waits for nobody, and nobody for it (rows)",
        holds.read_is_scored_and_quarantined,
        _ERASURE,
        without_lock(FORGETTING, TAKING_IN),
    ),
    Mutant(
        "quarantine is written after the scores",
        holds.read_is_scored_and_quarantined,
        _ONCE,
        moved_before("predict", "commit the rejected rows", "look the entry up"),
    ),
    Mutant(
        "as it was: reconcile leaves processed files of an erased client",
        holds.erasure_is_final,
        _ERASURE,
        without("reconcile", "remove erased files"),
    ),
    Mutant(
        "as it was: reconcile leaves rows that no record names",
        holds.erasure_is_final,
        Bounds({"ingest": 1, "outcomes": 1, "forget": 1}, lost_replies=0, is_waiting=False),
        without("reconcile", "remove lost rows"),
    ),
    Mutant(
        "rejected rows are written without asking for key or entry",
        holds.erasure_is_final,
        Bounds({"ingest": 2, "forget": 1}, crashes=0, lost_replies=0),
        with_do("ingest", "commit the rejected rows", write_quarantine_again),
    ),
    Mutant(
        "as it was: outcomes are merged from the file, whatever the history has",
        holds.outcomes_are_those_of_the_history,
        Bounds({"outcomes": 2, "forget": 1}, lost_replies=0),
        with_do("outcomes", "merge the outcomes", merge_what_the_file_has),
    ),
    Mutant(
        "reconcile does not look at the champion",
        holds.champion_is_on_record,
        Bounds({"promote": 1, "reconcile": 1}),
        with_do("reconcile", "find a batch without a run", forget_the_champion),
    ),
    Mutant(
        "a change that was cut short is not entered before the next one",
        holds.champion_is_on_record,
        Bounds({"predict": 1, "promote": 1, "roll_back": 1}, lost_replies=0),
        with_do("roll_back", "look at the champion before", lambda s, p: "tag the rollback"),
    ),
    Mutant(
        "reconcile does not look for batches without a run",
        holds.every_result_has_one_run,
        Bounds({"predict": 1}, lost_replies=0, outages=1),
        with_do("reconcile", "find a batch without a run", lambda s, p: "look at the champion now"),
    ),
    Mutant(
        "as it was: who commits the scores and who enters them both record the run",
        holds.every_result_has_one_run,
        _TWICE,
        both_record,
    ),
    Mutant(
        "a file whose batch is on record already is left where it waits",
        holds.no_file_stands_in_two_places,
        _ONCE,
        with_do("predict", "look the entry up", leave_if_known),
    ),
    Mutant(
        "a file leaves incoming/ before it is in processed/",
        holds.no_file_is_lost,
        Bounds({"predict": 1}, rewrites=0),
        leave_then_copy,
    ),
)
