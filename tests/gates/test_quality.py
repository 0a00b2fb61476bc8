import pytest

from credit_default.gates.quality import BatchHistory, FileCounts, QualityPolicy, judge_quality


def test_a_clean_file_is_ok():
    verdict = judge_quality(
        FileCounts(row_count=1000, rejected_count=0, rule_counts={"age|min": 0})
    )

    assert verdict.level == "ok"
    assert verdict.reasons == ("0 of 1,000 rows rejected (0.0%)",)
    assert verdict.figures["rejected_share"] == 0.0


@pytest.mark.parametrize(("rejected_count", "level"), [(50, "ok"), (51, "refused")])
def test_more_than_one_row_in_twenty_refuses_the_file(rejected_count, level):
    verdict = judge_quality(
        FileCounts(
            row_count=1000, rejected_count=rejected_count, rule_counts={"age|min": rejected_count}
        )
    )

    assert verdict.level == level
    assert verdict.gate == "quality"
    assert verdict.reasons[-1] == f"rule age|min: broken by {rejected_count} rows"


def test_the_rules_most_broken_come_first_and_five_at_most():
    counts = {f"rule_{number}": number for number in range(8)}

    verdict = judge_quality(FileCounts(row_count=10, rejected_count=7, rule_counts=counts))

    assert verdict.level == "refused"
    assert verdict.reasons == (
        "7 of 10 rows rejected (70.0%): more than the 5.0% allowed (quality.highest_rejected_share)",
        "rule rule_7: broken by 7 rows",
        "rule rule_6: broken by 6 rows",
        "rule rule_5: broken by 5 rows",
        "rule rule_4: broken by 4 rows",
        "rule rule_3: broken by 3 rows",
        "and 2 more rules",
    )


def test_few_rows_are_no_fault_but_none_are():
    assert judge_quality(FileCounts(row_count=1, rejected_count=0, rule_counts={})).level == "ok"
    assert (
        judge_quality(FileCounts(row_count=0, rejected_count=0, rule_counts={})).level == "refused"
    )


def test_the_policy_may_ask_for_more_rows_and_allow_more_rejects():
    policy = QualityPolicy(highest_rejected_share=0.5, fewest_rows=100)

    assert (
        judge_quality(
            FileCounts(row_count=210, rejected_count=100, rule_counts={}), policy=policy
        ).level
        == "ok"
    )
    assert (
        judge_quality(
            FileCounts(row_count=99, rejected_count=0, rule_counts={}), policy=policy
        ).level
        == "refused"
    )


def test_the_same_clients_twice_refuse_a_file_before_many_rejected_rows_do():
    verdict = judge_quality(FileCounts(1_000, 12, repeated_count=12))

    assert verdict.level == "refused"
    assert verdict.reasons[0] == (
        "12 rows (1.2%) hold a client and month that occur more than once: more than the 1.0% allowed "
        "(quality.highest_repeated_share)"
    )
    assert judge_quality(FileCounts(1_000, 10, repeated_count=10)).passed


@pytest.mark.parametrize(
    ("row_count", "level"), [(499, "refused"), (500, "ok"), (2_000, "ok"), (2_001, "refused")]
)
def test_a_number_of_rows_far_off_the_usual_refuses_a_file(row_count, level):
    history = BatchHistory((900, 1_000, 5_000))

    assert judge_quality(FileCounts(row_count, 0), history).level == level


def test_two_batches_before_are_too_few_to_call_a_number_unusual():
    assert judge_quality(FileCounts(1, 0), BatchHistory((1_000, 1_000))).passed


def test_clients_that_another_batch_brought_refuse_a_file_and_name_that_batch():
    verdict = judge_quality(FileCounts(1_000, 0), BatchHistory((), 11, ("ab12",)))

    assert verdict.level == "refused"
    assert "11 rows hold clients and months that are in batch ab12 already" in verdict.reasons[0]
    assert judge_quality(FileCounts(1_000, 0), BatchHistory((), 10, ("ab12",))).passed


def test_every_fault_is_a_reason():
    verdict = judge_quality(
        FileCounts(1_000, 60, repeated_count=20), BatchHistory((100,) * 3, 500, ("ab12",))
    )

    assert len(verdict.reasons) == 4


@pytest.mark.parametrize(
    ("counts", "history", "level"),
    [
        (FileCounts(1_000, 999), None, "refused"),
        (FileCounts(20, 1), None, "ok"),
        (FileCounts(1_000, 0), BatchHistory((500, 500, 500)), "ok"),
        (FileCounts(1_001, 0), BatchHistory((500, 500, 500)), "refused"),
        (FileCounts(250, 0), BatchHistory((500, 500, 500)), "ok"),
        (FileCounts(249, 0), BatchHistory((500, 500, 500)), "refused"),
        (FileCounts(1, 0), BatchHistory((500, 500)), "ok"),
    ],
)
def test_a_file_is_judged_at_its_bounds(counts, history, level):
    assert judge_quality(counts, history).level == level


def test_one_accepted_row_is_enough_where_rejects_are_allowed():
    policy = QualityPolicy(highest_rejected_share=1.0)

    assert judge_quality(FileCounts(3, 2), policy=policy).level == "ok"
    assert judge_quality(FileCounts(3, 3), policy=policy).level == "refused"


def test_an_empty_file_has_no_shares():
    verdict = judge_quality(FileCounts(0, 0, repeated_count=0), BatchHistory((), 3, ("ab12",)))

    assert verdict.figures["rejected_share"] == 0.0
    assert len(verdict.reasons) == 1


def test_five_broken_rules_and_five_batches_are_named():
    counts = {f"rule_{number}": number + 1 for number in range(5)}
    ids = tuple("abcdefg")

    verdict = judge_quality(FileCounts(1_000, 15, rule_counts=counts), BatchHistory((), 500, ids))

    assert "in batch a, b, c, d, e already" in verdict.reasons[0]
    assert verdict.reasons[-1] == "rule rule_0: broken by 1 rows"
    assert len(verdict.reasons) == 6


def test_rules_that_as_many_rows_broke_are_in_the_order_of_their_names():
    verdict = judge_quality(FileCounts(1_000, 2, rule_counts={"b": 2, "a": 2, "c": 1}))

    assert [reason.split(":")[0] for reason in verdict.reasons[1:]] == [
        "rule a",
        "rule b",
        "rule c",
    ]


@pytest.mark.parametrize(("count", "last"), [(5, "rule rule_1"), (6, "and 1 more rules")])
def test_of_the_broken_rules_five_are_named_and_the_others_are_counted(count, last):
    counts = {f"rule_{number}": number for number in range(count + 1)}

    reasons = judge_quality(FileCounts(10, 7, rule_counts=counts)).reasons

    assert len(reasons) == 1 + 5 + (count > 5)
    assert reasons[-1].startswith(last)
