"""The page File: look at a file before anything is scored, and send it to `incoming/`."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from credit_default.adapters.lake.layout import check_month
from credit_default.errors import CreditDefaultError, InputError
from credit_default.room.access.roles import Role
from credit_default.room.serving.rendering import redirect, render_page
from credit_default.room.serving.visit import PageRoute, SentFile, Visit
from credit_default.services.batches.figure_words import leave_settings_out, name_column
from credit_default.services.batches.rule_words import describe_rule
from credit_default.services.intake.sent_files import (
    find_sent_name,
    forget_sent_file,
    keep_sent_file,
    send_to_incoming,
)
from credit_default.services.overview.file_look import look_at_file

# what the template says names with
_WORDS: Final[Mapping[str, Any]] = {
    "describe_rule": describe_rule,
    "leave_settings_out": leave_settings_out,
    "name_column": name_column,
}


def show_files(visit: Visit) -> Response:
    """Return the page to choose a file on; it says which one was sent last, where one was."""
    sent = visit.query.get("sent", "")
    return _render(visit, sent_name=find_sent_name(visit.wiring, sent) if sent else "")


def look(visit: Visit) -> Response:
    """Return what the file holds, row by row where a rule is broken; a file that cannot be sent is not kept."""
    month = visit.form.get("month", "").strip() or None
    if month is not None:
        check_month(month)
    sent = _require_file(visit)
    kept = keep_sent_file(visit.wiring, sent.path, sent_as=sent.name, now=visit.now)
    try:
        found = look_at_file(visit.wiring, kept, month=month, now=visit.now)
    except CreditDefaultError:
        forget_sent_file(kept)
        raise
    if found.objection:
        forget_sent_file(kept)
    return _render(visit, found=found, month=month or "")


def send(visit: Visit) -> Response:
    """Send the file that was looked at to `incoming/`."""
    sha256 = visit.read_field("sha256", label="the file")
    send_to_incoming(visit.wiring, sha256)
    return redirect(f"/files?sent={sha256}")


def _render(visit: Visit, **content: Any) -> Response:
    shown = {"found": None, "sent_name": "", "month": ""} | content
    return render_page(visit, "files.html", **shown, **_WORDS)


def _require_file(visit: Visit) -> SentFile:
    sent = visit.files.get("file")
    if sent is None:
        raise InputError(
            "the file",
            found="none",
            expected="a file of statements: .csv, .tsv, .xlsx, .xls or .parquet",
            remedy="Choose one, or drop it on the page.",
        )
    return sent


ROUTES = (
    PageRoute("/files", "files", show_files, Role.ANALYST),
    PageRoute("/files/look", "act-look-at-file", look, Role.ANALYST, "POST"),
    PageRoute("/files/send", "act-send-file", send, Role.ANALYST, "POST"),
)
