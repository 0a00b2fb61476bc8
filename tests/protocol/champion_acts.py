"""Changing the champion: the steps of `services.champion`, `services.training.register_and_promote`, and of the registry.

Every change is made under a lock of the machine. Before it, a change that an earlier run could not enter is entered; the
verdict and the other tags are written before the alias is moved, and the alias is moved before the ledger gets its entry.
"""

from tests.protocol.state import NOTED, ROWS, VERSION, at
from tests.protocol.steps import END, FAIL, MLFLOW, STORAGE, TABLE, Act, Do, Step, holding

SEAT = "changing the champion"
_CHANGE_BITS = 8


def _find_change(going_on: str) -> Do:
    def look(s: bytearray, p: int) -> str | None:
        s[p + VERSION], s[p + ROWS] = s[at("alias")], s[at("last_change")]
        return going_on if s[p + VERSION] == s[at("champion_entry")] else None

    return look


def pin(s: bytearray, p: int) -> None:
    s[at("pinned")] = s[p + VERSION]


def append_change(s: bytearray, p: int) -> None:
    """One entry for each change, by the time in the version's tags."""
    bit = 1 << s[p + ROWS]
    if not s[at("change_entries")] & bit:
        s[at("change_entries")] |= bit
        s[at("champion_entry")] = s[p + VERSION]
        s[at("champions_named")] |= s[p + VERSION]


def record_change(when: str, going_on: str) -> tuple[Step, ...]:
    """The three steps by which the present champion is put on record, where it is not the one that was named last."""
    return (
        Step(f"look at the champion {when}", _find_change(going_on), where=MLFLOW),
        Step(f"pin it {when}", pin, ("seat.pinned",), STORAGE),
        Step(f"enter it {when}", append_change, ("seat.recorded",), TABLE),
    )


def require_one_person(s: bytearray, p: int) -> str | None:
    return FAIL if s[at("two_people")] else None


def write_verdict(s: bytearray, p: int) -> str | None:
    """With it the time of the promotion and the version that is replaced; a champion stays as it is."""
    if s[at("alias")] == 2:
        return "look at the champion after"
    s[at("verdict")] = 1
    s[at("change")] = (s[at("change")] + 1) % _CHANGE_BITS
    s[p + NOTED] = s[at("change")]
    return None


def move_alias(s: bytearray, p: int) -> None:
    s[at("alias")], s[at("last_change")] = 2, s[p + NOTED]


def tag_rollback(s: bytearray, p: int) -> str | None:
    if s[at("alias")] != 2:
        return FAIL
    s[at("change")] = (s[at("change")] + 1) % _CHANGE_BITS
    s[p + NOTED] = s[at("change")]
    return None


def move_alias_back(s: bytearray, p: int) -> None:
    s[at("alias")], s[at("last_change")] = 1, s[p + NOTED]


def _finish(s: bytearray, p: int) -> str:
    return END


PROMOTE = Act(
    "promote",
    holding(
        (
            Step("look at the setting", require_one_person),
            *record_change("before", "write the verdict"),
            Step("write the verdict", write_verdict, ("seat.judged",), MLFLOW),
            Step(
                "move the alias",
                move_alias,
                ("promote.alias-moved", "promote.alias-moved-by-hand"),
                MLFLOW,
            ),
            *record_change("after", "let go"),
            Step("let go", _finish, ("promote.recorded",)),
        ),
        SEAT,
        waits_for=[SEAT],
    ),
)
ROLL_BACK = Act(
    "roll_back",
    holding(
        (
            *record_change("before", "tag the rollback"),
            Step("tag the rollback", tag_rollback, ("rollback.told",), MLFLOW),
            Step("move the alias back", move_alias_back, ("rollback.alias-moved",), MLFLOW),
            *record_change("after", "let go"),
            Step("let go", _finish, ("rollback.recorded",)),
        ),
        SEAT,
        waits_for=[SEAT],
    ),
)


# ── two people ──


def tag_request(s: bytearray, p: int) -> str | None:
    if s[at("alias")] == 2:
        return FAIL
    s[at("request")] = 1
    return None


def enter_request(s: bytearray, p: int) -> None:
    s[at("request_entry")] = 1


def find_request(s: bytearray, p: int) -> str | None:
    return None if s[at("request")] and not s[at("refusal")] else FAIL


def tag_approval(s: bytearray, p: int) -> str | None:
    if s[at("alias")] == 2:
        return "look at the champion after"
    s[at("approval")] = 1
    return None


def tag_refusal(s: bytearray, p: int) -> str | None:
    if s[at("alias")] == 2 or not s[at("request")]:
        return FAIL
    s[at("refusal")] = 1
    return None


def enter_refusal(s: bytearray, p: int) -> None:
    s[at("refusal_entry")] = 1


REQUEST = Act(
    "request",
    (
        *holding(
            (
                Step("tag the request", tag_request, ("approval.requested",), MLFLOW),
                Step("let go of the seat", lambda s, p: None),
            ),
            SEAT,
            waits_for=[SEAT],
        ),
        Step("enter the request", enter_request, (), TABLE),
    ),
)
APPROVE = Act(
    "approve",
    holding(
        (
            *record_change("before", "find the request"),
            Step("find the request", find_request, (), MLFLOW),
            Step("tag the approval", tag_approval, ("approval.granted",), MLFLOW),
            Step("write the verdict", write_verdict, ("seat.judged",), MLFLOW),
            Step("move the alias", move_alias, ("approval.alias-moved",), MLFLOW),
            *record_change("after", "let go"),
            Step("let go", _finish, ("approval.recorded",)),
        ),
        SEAT,
        waits_for=[SEAT],
    ),
)
REFUSE = Act(
    "refuse",
    holding(
        (
            Step("tag the refusal", tag_refusal, ("approval.refused",), MLFLOW),
            Step("enter the refusal", enter_refusal, (), TABLE),
        ),
        SEAT,
        waits_for=[SEAT],
    ),
)
