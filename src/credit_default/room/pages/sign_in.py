"""Signing in and out with a name and a password, and a form that was sent after its session had ended."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from credit_default.adapters.lake.layout import Lake
from credit_default.errors import InputError
from credit_default.room.access.doors import Network, UsersDoor, read_origin_address
from credit_default.room.access.form_tokens import FormTokens
from credit_default.room.access.passwords import check_password
from credit_default.room.access.rate_limit import AttemptLimit
from credit_default.room.access.users_file import LONGEST_NAME, KnownUser
from credit_default.room.serving.fault_pages import show_forged_form
from credit_default.room.serving.guard import is_from_another_site
from credit_default.room.serving.rendering import render_notice
from credit_default.room.serving.sent_forms import open_form

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
_MINUTES: Final = 15
_WRONG: Final = "The name or the password is not right."
_ENDED: Final = "Your session has ended, so nothing was done yet. What you wrote is kept: sign in, and send it again."
_NOBODY: Final = "Nobody is signed in, so nothing was done. Sign in first."
_DAY: Final = 86_400  # seconds for which a browser keeps the cookie of a session that has ended
_NEVER_KEPT: Final = frozenset({"token", "password"})


@dataclass(frozen=True)
class SignIn:
    """The pages by which people come in and go out."""

    door: UsersDoor
    lake: Lake
    key: str
    session_seconds: int
    upload_bytes: int
    proxies: tuple[Network, ...] = ()
    by_name: AttemptLimit = field(default_factory=lambda: AttemptLimit(10, seconds=_MINUTES * 60))
    by_address: AttemptLimit = field(
        default_factory=lambda: AttemptLimit(50, seconds=_MINUTES * 60)
    )

    def list_routes(self) -> tuple[Route, ...]:
        """Return the routes, which are for whoever comes."""
        return (
            Route(SIGN_IN, self._show, methods=["GET"], name="sign_in"),
            Route(SIGN_IN, self._sign_in, methods=["POST"], name="sign_in_form"),
            Route(SIGN_OUT, self._sign_out, methods=["POST"], name="sign_out"),
        )

    async def ask(self, request: Request) -> Response:
        """Answer a request that nobody is signed in for: with the sign-in page, which keeps what a form held."""
        if request.method == "POST":
            return await self._keep_form(request)
        if request.headers.get("HX-Request") == "true":
            return Response(status_code=401, headers={"HX-Redirect": SIGN_IN})
        if request.headers.get("sec-fetch-site") == "cross-site":
            # a link from elsewhere comes without our cookie, which is for our own pages only: the page asks again itself
            return render_notice("again.html", status=200)
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(address, safe='')}", status_code=303)

    async def _show(self, request: Request) -> Response:
        following = choose_next(request.query_params.get("next", ""))
        if self.door.identify(request) is not None:
            return RedirectResponse(following, status_code=303)
        return self._render({"next": following}, status=200)

    async def _sign_in(self, request: Request) -> Response:
        if is_from_another_site(request.headers):
            return show_forged_form()
        try:
            async with open_form(request, self.lake, most_bytes=0) as sent:
                fields = sent.fields
        except InputError as error:
            return self._render({}, status=422, fault=str(error))
        name, password = fields.get("name", "")[: LONGEST_NAME + 1], fields.get("password", "")
        address = read_origin_address(request, proxies=self.proxies)
        now = self.door.clock()
        # an address that has to wait cannot hold up the people whom it names
        wait = self.by_address.take(address, now=now) or self.by_name.take(name.casefold(), now=now)
        if wait > 0:
            return self._refuse_for_now(wait, fields)
        known = await run_in_threadpool(self._find, name, password)
        if known is None:
            return self._render(fields, status=401, fault=_WRONG)
        self.by_name.forget(name.casefold())
        return self._let_in(known, fields)

    def _find(self, name: str, password: str) -> KnownUser | None:
        known = self.door.read_users().by_name.get(name)
        is_right = check_password(password, hashed=known.password_hash if known else None)
        return known if is_right else None

    def _refuse_for_now(self, seconds: float, fields: Mapping[str, str]) -> Response:
        minutes = math.ceil(seconds / 60)
        plural = "s" if minutes > 1 else ""
        fault = f"Too many attempts. Try again in {minutes} minute{plural}."
        answer = self._render(fields, status=429, fault=fault)
        answer.headers["Retry-After"] = str(math.ceil(seconds))
        return answer

    def _let_in(self, known: KnownUser, fields: Mapping[str, str]) -> Response:
        cookie = self.door.sessions.begin(
            known, key=self.door.read_users().key, now=self.door.clock()
        )
        kept = read_kept(fields.get("kept", ""))
        if kept is None:
            answer: Response = RedirectResponse(choose_next(fields.get("next", "")), 303)
        else:
            session = self.door.sessions.read_number(cookie, self.door.read_users().key)
            token = FormTokens(self.key).make(session)
            answer = render_notice("send_again.html", status=200, kept=kept, token=token)
        answer.set_cookie(
            self.door.cookie,
            cookie,
            max_age=self.session_seconds + _DAY,  # how long it counts, the session itself says
            path="/",
            secure=self.door.is_https,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _sign_out(self, request: Request) -> Response:
        user = self.door.identify(request)
        answer = RedirectResponse(SIGN_IN, status_code=303)
        if user is None:
            return answer
        try:
            async with open_form(request, self.lake, most_bytes=0) as sent:
                token = sent.fields.get("token", "")
        except InputError:
            token = ""
        if is_from_another_site(request.headers) or not FormTokens(self.key).check(
            token, session=user.session
        ):
            return show_forged_form()
        self.door.sessions.end(user.session)
        answer.delete_cookie(
            self.door.cookie, path="/", secure=self.door.is_https, httponly=True, samesite="strict"
        )
        return answer

    async def _keep_form(self, request: Request) -> Response:
        """Return the sign-in page, with what the form held in it: it can be sent again after signing in."""
        if is_from_another_site(request.headers):
            return show_forged_form()
        if not self.door.gave_cookie(request):  # a stranger's form, maybe a large one, is not read
            return self._render({}, status=401, fault=_NOBODY)
        try:
            async with open_form(request, self.lake, most_bytes=self.upload_bytes) as sent:
                fields = {k: v for k, v in sent.fields.items() if k not in _NEVER_KEPT}
                content = {
                    "address": request.url.path,
                    "fields": fields,
                    "files": sorted(sent.files),
                }
        except InputError as error:
            return self._render({}, status=401, fault=str(error))
        return self._render({"kept": json.dumps(content)}, status=401, fault=_ENDED)

    def _render(self, fields: Mapping[str, str], *, status: int, fault: str = "") -> Response:
        return render_notice(
            "sign_in.html",
            status=status,
            fault=fault,
            following=choose_next(fields.get("next", "")),
            name=fields.get("name", "")[:LONGEST_NAME],
            kept=fields.get("kept", "") if read_kept(fields.get("kept", "")) else "",
            is_empty=not self.door.read_users().by_name,
        )


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form that was sent after its session had ended: its address, what was in it, and which files it asked for."""

    address: str
    fields: Mapping[str, str]
    files: tuple[str, ...]


def read_kept(text: str) -> KeptForm | None:
    """Return the form that the sign-in page has kept; None where it kept none, or something else stands there."""
    try:
        content = json.loads(text)
        fields = {str(k): str(v) for k, v in content["fields"].items() if k not in _NEVER_KEPT}
        kept = KeptForm(str(content["address"]), fields, tuple(map(str, content["files"])))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None
    return kept if kept.address == choose_next(kept.address) != "/" else None


def choose_next(address: str) -> str:
    """Return the address when it is one of this room's own, else the first page's."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_own and address.isprintable() and "\\" not in address else "/"
