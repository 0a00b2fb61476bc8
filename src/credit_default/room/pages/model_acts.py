"""What people decide on the pages Models and Client: promotions, rollbacks, findings, reviews, overrides.

Each act is the command line's own; the name on record is the signed-in person's. Forms that change the champion carry what
their page showed.
"""

import secrets
from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from credit_default.adapters.lake.layout import check_hex
from credit_default.errors import InputError
from credit_default.flows.events.champion_follow_up import follow_champion_change
from credit_default.room.access.roles import Role
from credit_default.room.pages.models import read_number
from credit_default.room.serving.looker import build_looker
from credit_default.room.serving.rendering import redirect
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.champion.champion_state import ChampionState, parse_champion_state
from credit_default.services.champion.two_person_approval import (
    approve_promotion,
    refuse_promotion,
    request_promotion,
)
from credit_default.services.champion.versions import promote_by_hand, roll_back
from credit_default.services.comparison.learned_months import describe_out_of_time
from credit_default.services.governance.findings import (
    close_finding,
    open_finding,
    review_version,
)
from credit_default.services.governance.overrides import override_decision
from credit_default.services.overview.access_entries import record_act

_SALT_BYTES: Final = 16
_LONGEST_ADDRESS: Final = 300


def request(visit: Visit) -> Response:
    """Request the version's promotion."""
    number = read_number(visit.path["version"])
    reason = _read_reason(visit)
    request_promotion(visit.wiring, number, by=visit.user.name, reason=reason, decided_at=visit.now)
    return _show_version(number)


def approve(visit: Visit) -> Response:
    """Approve the promotion that another person requested."""
    number, seen = read_number(visit.path["version"]), _read_seen(visit)
    decided = approve_promotion(
        visit.wiring,
        number,
        by=visit.user.name,
        reason=_read_reason(visit),
        decided_at=visit.now,
        seen=seen,
    )
    follow_champion_change(visit.wiring, decided, at=visit.now)
    return _show_version(number)


def refuse(visit: Visit) -> Response:
    """Refuse the promotion that was requested."""
    number, seen = read_number(visit.path["version"]), _read_seen(visit)
    refuse_promotion(
        visit.wiring,
        number,
        by=visit.user.name,
        reason=_read_reason(visit),
        decided_at=visit.now,
        seen=seen,
    )
    return _show_version(number)


def promote(visit: Visit) -> Response:
    """Promote the version by this person's decision alone, where the settings allow that."""
    number, seen = read_number(visit.path["version"]), _read_seen(visit)
    reason = _read_reason(visit)
    evidence = describe_out_of_time(visit.wiring, number, now=visit.now)
    decided = promote_by_hand(
        visit.wiring,
        number,
        reason=reason,
        decided_at=visit.now,
        evidence=evidence,
        by=visit.user.name,
        seen=seen,
    )
    follow_champion_change(visit.wiring, decided, at=visit.now)
    return _show_version(number)


def roll_back_champion(visit: Visit) -> Response:
    """Make the champion before this one the champion again."""
    decided = roll_back(
        visit.wiring,
        reason=_read_reason(visit),
        decided_at=visit.now,
        by=visit.user.name,
        seen=_read_seen(visit),
    )
    follow_champion_change(visit.wiring, decided, at=visit.now)
    return _show_version(decided.model_version or 0)


def open_a_finding(visit: Visit) -> Response:
    """Open a finding about the version."""
    number = read_number(visit.path["version"])
    open_finding(
        visit.wiring,
        number,
        severity=visit.read_field("severity", label="severity"),
        title=visit.read_field("title", label="what was found"),
        owner=visit.read_field("owner", label="who has to see to it"),
        due=visit.read_field("due", label="by when"),
        by=visit.user.name,
        opened_at=visit.now,
    )
    return _show_version(number, "findings")


def close_a_finding(visit: Visit) -> Response:
    """Close a finding about the version."""
    number = read_number(visit.path["version"])
    close_finding(
        visit.wiring,
        visit.path["finding"],
        reason=_read_reason(visit),
        by=visit.user.name,
        closed_at=visit.now,
    )
    return _show_version(number, "findings")


def review(visit: Visit) -> Response:
    """Record the person's opinion on the version."""
    number = read_number(visit.path["version"])
    tier = visit.read_field("tier", label="tier")
    review_version(
        visit.wiring,
        number,
        tier=int(tier) if tier in {"1", "2", "3"} else 0,
        opinion=visit.read_field("opinion", label="opinion"),
        next_review=visit.read_field("next_review", label="the next review"),
        reason=_read_reason(visit),
        by=visit.user.name,
        reviewed_at=visit.now,
    )
    return _show_version(number, "reviews")


def override(visit: Visit) -> Response:
    """Decide otherwise about one client than the model did, and go back to the page that asked.

    That it was tried is on record before: a refusal tells what the decision is.
    """
    following = read_own_address(visit.form.get("next", ""))
    batch_id = check_hex(visit.read_field("batch", label="batch"), "batch_id")
    client_id = visit.read_field("client", label="client")
    looker = build_looker(visit)
    record_act(visit.wiring.lake, looker, client_id, page="client, override", batch_id=batch_id)
    override_decision(
        visit.wiring,
        batch_id,
        client_id,
        decision=visit.read_field("decision", label="the decision"),
        reason=_read_reason(visit),
        by=visit.user.name,
        decided_at=visit.now,
        salt=secrets.token_hex(_SALT_BYTES),
    )
    return redirect(following)


def _read_reason(visit: Visit) -> str:
    return visit.read_field("reason", label="the reason")


def _read_seen(visit: Visit) -> ChampionState:
    return parse_champion_state(visit.read_field("seen", label="what the page showed"))


def _show_version(number: int, place: str = "") -> Response:
    return redirect(f"/models/{number}{f'#{place}' if place else ''}")


def read_own_address(address: str) -> str:
    """Return the page of this room that a form names; the clients' page where it names none.

    Raises:
        InputError: It names another site.
    """
    if not address:
        return "/clients"
    is_own = address.startswith("/") and not address.startswith(("//", "/\\"))
    if not is_own or not address.isprintable() or len(address) > _LONGEST_ADDRESS:
        raise InputError(
            "the page to go back to",
            found=repr(address[:40]),
            expected="a page of the control room",
            remedy="Send the form from the client's page.",
        )
    return address


def _list_routes() -> tuple[PageRoute, ...]:
    acts: dict[str, tuple[Callable[[Visit], Response], Role]] = {
        "/models/{version}/request": (request, Role.ANALYST),
        "/models/{version}/approve": (approve, Role.APPROVER),
        "/models/{version}/refuse": (refuse, Role.APPROVER),
        "/models/{version}/promote": (promote, Role.APPROVER),
        "/models/rollback": (roll_back_champion, Role.APPROVER),
        "/models/{version}/findings": (open_a_finding, Role.ANALYST),
        "/models/{version}/findings/{finding}/close": (close_a_finding, Role.APPROVER),
        "/models/{version}/review": (review, Role.APPROVER),
        "/decisions/override": (override, Role.APPROVER),
    }
    return tuple(
        PageRoute(path, f"act-{answer.__name__}", answer, role, "POST")
        for path, (answer, role) in acts.items()
    )


ROUTES = _list_routes()
