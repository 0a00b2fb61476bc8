from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.data.months import add_months
from credit_default.gates.monitoring.alarms import (
    CLOSED_AS_QUIET,
    CLOSED_AS_SUPERSEDED,
    CLOSED_AS_WITHDRAWN,
    Alarm,
    AlarmPolicy,
    GateFinding,
    compute_alarms,
    list_open_alarms,
    update_alarms,
)

START = "2025-01"
LETTERS = {"a": "alarm", "w": "watch", "o": "ok", "-": "not judged"}
NO_COOLDOWN = AlarmPolicy(cooldown_months=0)


def findings(levels, *, gate="drift", version=1):
    """One batch a month from January 2025 on, a letter each: a rings, w is watched, o is ok, - is not judged."""
    return [
        GateFinding(gate, version, f"b{number}", add_months(START, number), LETTERS[letter])
        for number, letter in enumerate(levels)
    ]


def follow(levels, *, policy=None, champion=1, **about):
    return compute_alarms(findings(levels, **about), champion_version=champion, policy=policy)


def months_of(alarms):
    return [(alarm.opened_month[5:], alarm.closed_month[5:]) for alarm in alarms]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("ooowwo", []),
        ("oao", []),  # one of three
        ("aoa", [("03", "")]),
        ("aooa", []),  # two of four
        ("aa", [("02", "")]),
        ("a-a", [("03", "")]),  # what was not judged counts for nothing
        ("aao", [("02", "")]),
        ("aaow", [("02", "04")]),  # two quiet in a row
        ("aaoao", [("02", "")]),
        ("aao-o", [("02", "05")]),
        (
            "aaooaaa",
            [("02", "04"), ("06", "")],
        ),  # a month of cooldown, whose ring counts afterwards
    ],
)
def test_alarm_opens_by_the_last_batches_and_closes_when_they_are_quiet(levels, expected):
    assert months_of(follow(levels)) == expected


@pytest.mark.parametrize(
    ("gate", "expected"), [("feed", "01"), ("performance", "01"), ("drift", "02"), ("volume", "02")]
)
def test_some_gates_open_with_their_first(gate, expected):
    assert follow("aa", gate=gate)[0].opened_month[5:] == expected


def test_cooldown_keeps_a_gate_from_opening_again():
    levels = "aooaoo"

    assert months_of(follow(levels, gate="feed")) == [("01", "03")]
    assert months_of(follow(levels, gate="feed", policy=NO_COOLDOWN)) == [
        ("01", "03"),
        ("04", "06"),
    ]


def test_findings_before_an_alarm_closed_do_not_open_the_next():
    policy = AlarmPolicy(window_count=5, cooldown_months=0)

    assert months_of(follow("aaooa", policy=policy)) == [("02", "04")]


def test_alarm_of_another_version_is_over_when_it_is_not_champion():
    [alarm] = follow("aa", champion=2)

    assert (alarm.is_open, alarm.closed_because, alarm.closed_month) == (
        False,
        CLOSED_AS_SUPERSEDED,
        "",
    )


def test_alarm_has_one_name():
    [alarm] = follow("aa")

    assert alarm == Alarm("drift", 1, "2025-02", "b1")
    assert alarm.alarm_id == "drift v1 2025-02"


def test_alarm_is_reported_when_it_opens_and_when_it_closes():
    first = update_alarms((), follow("aa"), at="T1")
    second = update_alarms(first.alarms, follow("aaa"), at="T2")
    third = update_alarms(second.alarms, follow("aaaoo"), at="T3")
    fourth = update_alarms(third.alarms, follow("aaaooo"), at="T4")

    assert [alarm.opened_at for alarm in first.opened] == ["T1"]
    assert (second.opened, second.closed) == ((), ())
    assert [(alarm.opened_at, alarm.closed_at, alarm.closed_because) for alarm in third.closed] == [
        ("T1", "T3", CLOSED_AS_QUIET)
    ]
    assert (fourth.opened, fourth.closed, fourth.alarms) == ((), (), third.alarms)


def test_batch_that_comes_late_renames_no_alarm():
    known = update_alarms((), follow("-aa"), at="T1")

    changes = update_alarms(known.alarms, follow("aaa"), at="T2")

    assert (changes.opened, changes.closed, changes.alarms) == ((), (), known.alarms)


def test_alarm_that_no_finding_bears_out_any_more_is_withdrawn():
    known = update_alarms((), follow("aa"), at="T1")

    changes = update_alarms(known.alarms, follow("ao"), at="T2")

    assert [(alarm.closed_because, alarm.closed_month) for alarm in changes.closed] == [
        (CLOSED_AS_WITHDRAWN, "")
    ]


def test_reasons_of_closing_are_stored_as_in_older_lakes():
    assert (CLOSED_AS_QUIET, CLOSED_AS_SUPERSEDED, CLOSED_AS_WITHDRAWN) == (
        "quiet again",
        "another version is champion",
        "looked at again, it does not ring",
    )


def test_alarm_that_closed_before_it_was_first_seen_is_kept_and_not_reported():
    changes = update_alarms((), follow("aaoo"), at="T1")

    assert (changes.opened, changes.closed) == ((), ())
    assert [(alarm.is_open, alarm.closed_at) for alarm in changes.alarms] == [(False, "T1")]


STORIES = st.lists(
    st.builds(
        GateFinding,
        gate=st.sampled_from(["feed", "drift"]),
        model_version=st.integers(1, 2),
        batch_id=st.sampled_from("abcdefgh"),
        statement_month=st.integers(0, 9).map(lambda number: add_months(START, number)),
        level=st.sampled_from(list(LETTERS.values())),
    ),
    max_size=40,
    unique_by=lambda finding: (finding.gate, finding.model_version, finding.batch_id),
)
POLICIES = st.builds(
    AlarmPolicy,
    ringing_count=st.integers(1, 3),
    window_count=st.integers(1, 4),
    quiet_count=st.integers(1, 3),
    cooldown_months=st.integers(0, 3),
)


@given(STORIES, POLICIES)
def test_no_two_alarms_of_one_gate_are_open(story, policy):
    gates = [
        alarm.gate
        for alarm in list_open_alarms(compute_alarms(story, champion_version=2, policy=policy))
    ]

    assert len(gates) == len(set(gates))


@given(STORIES, POLICIES, st.randoms())
def test_order_in_which_batches_are_monitored_changes_nothing(story, policy, random):
    shuffled = list(story)
    random.shuffle(shuffled)

    assert compute_alarms(shuffled, champion_version=2, policy=policy) == compute_alarms(
        story, champion_version=2, policy=policy
    )


@given(STORIES, POLICIES)
def test_batch_monitored_again_changes_nothing(story, policy):
    once = compute_alarms(story, champion_version=2, policy=policy)
    known = update_alarms((), once, at="T1")

    again = update_alarms(
        known.alarms, compute_alarms([*story, *story], champion_version=2, policy=policy), at="T2"
    )

    assert (again.opened, again.closed, again.alarms) == ((), (), known.alarms)


@given(STORIES, POLICIES)
def test_reported_once_open_once_closed_and_never_two_at_a_time(story, policy):
    ordered = sorted(story, key=lambda finding: (finding.statement_month, finding.batch_id))
    alarms, speaking = (), set()
    for count in range(len(ordered) + 1):
        changes = update_alarms(
            alarms,
            compute_alarms(ordered[:count], champion_version=2, policy=policy),
            at=f"T{count}",
        )
        for alarm in changes.closed:
            speaking.remove(alarm.alarm_id)
        for alarm in changes.opened:
            assert alarm.alarm_id not in speaking
            speaking.add(alarm.alarm_id)
        alarms = changes.alarms
        assert speaking == {alarm.alarm_id for alarm in list_open_alarms(alarms)}
        assert len(speaking) == len({alarm.gate for alarm in list_open_alarms(alarms)})


@given(STORIES, POLICIES)
def test_alarm_closes_only_after_enough_quiet_batches(story, policy):
    judged = [f for f in story if f.level != "not judged"]
    for alarm in compute_alarms(story, champion_version=2, policy=policy):
        if alarm.closed_because != CLOSED_AS_QUIET:
            continue
        own = sorted(
            (f for f in judged if (f.gate, f.model_version) == (alarm.gate, alarm.model_version)),
            key=lambda f: (f.statement_month, f.batch_id),
        )
        until = [f for f in own if f.statement_month <= alarm.closed_month]
        quiet = sum(f.level != "alarm" for f in until if f.statement_month >= alarm.opened_month)
        assert quiet >= policy.quiet_count


def test_an_alarm_that_opens_now_has_no_end_and_one_that_has_ended_has_both():
    still = Alarm("drift", 1, "2006-01", "b1")
    over = Alarm("feed", 1, "2006-01", "b1", closed_month="2006-03", closed_because="quiet again")

    changes = update_alarms([], [still, over], at="now")

    assert changes.alarms == (
        replace(still, opened_at="now"),
        replace(over, opened_at="now", closed_at="now"),
    )
    assert (changes.opened, changes.closed) == ((replace(still, opened_at="now"),), ())


def test_an_alarm_on_record_as_closed_is_not_recorded_again():
    over = Alarm(
        "feed", 1, "2006-01", "b1", "2006-03", "quiet again", opened_at="then", closed_at="later"
    )

    changes = update_alarms([over], [replace(over, opened_at="", closed_at="")], at="now")

    assert changes.alarms == (over,)
    assert (changes.opened, changes.closed) == ((), ())


@pytest.mark.parametrize(
    ("cooldown", "month", "rings"), [(1, 2, False), (1, 3, True), (0, 2, True)]
)
def test_no_alarm_opens_within_the_cooldown_after_the_month_that_closed_it(cooldown, month, rings):
    policy = AlarmPolicy(
        ringing_count=1, quiet_count=1, at_once=(), cooldown_months=cooldown, window_count=1
    )
    levels = {0: "alarm", 1: "ok", month: "alarm"}
    findings = [
        GateFinding("drift", 1, f"b{number}", f"2006-{number + 1:02d}", level)
        for number, level in levels.items()
    ]

    alarms = compute_alarms(findings, champion_version=1, policy=policy)

    assert [alarm.opened_month for alarm in alarms] == [
        "2006-01",
        *[f"2006-{month + 1:02d}"] * rings,
    ]
    assert alarms[0].closed_month == "2006-02"
