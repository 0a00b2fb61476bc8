from tests.protocol.failpoints import OUTSIDE, SOURCE, find_failpoints, list_model_points
from tests.protocol.model import PROTOCOL
from tests.protocol.steps import LOCAL


def test_every_failpoint_of_the_code_is_a_step_of_the_model_and_the_reverse():
    in_code, in_model = find_failpoints(), list_model_points()

    assert in_code - in_model == set(OUTSIDE)
    assert in_model - in_code == set()


def test_no_failpoint_is_named_by_anything_but_a_plain_text():
    """Else it could not be found."""
    calls = sum(
        path.read_text(encoding="utf-8").count("hit_failpoint(") for path in SOURCE.rglob("*.py")
    )
    plain = sum(
        path.read_text(encoding="utf-8").count('hit_failpoint("') for path in SOURCE.rglob("*.py")
    )

    assert calls - plain == 1  # the definition


def test_every_step_that_changes_something_has_a_failpoint_behind_it_or_ends_its_act():
    silent = {
        f"{act.name}: {step.name}"
        for act in PROTOCOL
        for step in act.steps
        if step.where != LOCAL and not step.points
    }

    reads = {
        "predict: load the champion",
        "predict: look for a run",
        "reconcile: find a batch without a run",
        "reconcile: find scores without an entry",
        "reconcile: look at the champion now",
        "approve: find the request",
        *(
            f"{act}: look at the champion {when}"
            for act in ("promote", "roll_back", "approve")
            for when in ("before", "after")
        ),
    }
    ends = {
        "request: enter the request",
        "refuse: enter the refusal",
        "reconcile: refresh the pin",
    }
    within = {  # one call of `reconcile` for each kind; every part of it is done again by the next
        "reconcile: remove lost rows",
        "reconcile: close runs",
    }
    assert silent == reads | ends | within
