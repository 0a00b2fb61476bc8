"""Read what a form sends: fields and files, within limits, the files into a folder that goes when the visit ends."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from credit_default.adapters.lake.layout import Lake
from credit_default.errors import InputError
from credit_default.room.serving.visit import SentFile

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_FIELDS: Final = 100
_MOST_FILES: Final = 5
_LONGEST_PART: Final = 64 * 1024  # bytes of one field
_TEXT_BYTES: Final = 256 * 1024  # of all that is not a file
_NO_TEXT: Final = "letters that are no text"
_READ_ON: Final = 8  # times the limit: a browser shows the answer only after it has sent its body
MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SentForm:
    """What came with a form."""

    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, SentFile] = field(default_factory=dict)


@asynccontextmanager
async def open_form(request: Request, lake: Lake, *, most_bytes: int) -> AsyncIterator[SentForm]:
    """Yield what the request sends; its files are on this machine's disk during the block.

    Raises:
        InputError: The body is no form, has too many parts, or is larger than `most_bytes` beside its text.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMS:
        raise InputError(
            "the form",
            found=f"content of the type {kind[:80]!r}" if kind else "content of no type",
            expected="a form as a browser sends it",
            remedy="Open the page and send its form.",
        )
    limited = _LimitedBody(request, most_bytes=most_bytes + _TEXT_BYTES)
    form = await limited.read_form()
    try:
        with lake.scratch() as folder:
            yield await run_in_threadpool(_keep_parts, list(form.multi_items()), folder)
    finally:
        await limited.request.close()


class _LimitedBody:
    """The request's body, which ends the parsing where it grows larger than it may."""

    def __init__(self, request: Request, *, most_bytes: int) -> None:
        self._received, self._most_bytes = 0, most_bytes
        self._receive = request.receive
        self.request = Request(request.scope, self._receive_counted)

    async def _receive_counted(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._most_bytes:
            await self._read_on(message)
            raise InputError(
                "the form",
                found="more than it may hold",
                expected=f"at most {self._most_bytes // MEBIBYTE} MiB with its files",
                remedy="Send a smaller file, or put it into the lake's folder incoming/.",
            )
        return message

    async def _read_on(self, message: Message) -> None:
        while message.get("more_body") and self._received < _READ_ON * self._most_bytes:
            message = await self._receive()
            self._received += len(message.get("body", b""))

    async def read_form(self) -> FormData:
        """Return the parts."""
        try:
            form = await self.request.form(
                max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_PART
            )
            _require_text(form)
        except (HTTPException, UnicodeError) as error:
            raise InputError(
                "the form",
                found=error.detail if isinstance(error, HTTPException) else _NO_TEXT,
                expected=f"at most {_MOST_FIELDS} fields of {_LONGEST_PART} bytes and {_MOST_FILES} files",
                remedy="Go back to the page, and send its form as it stands there.",
            ) from error
        return form


def _require_text(form: FormData) -> None:
    """Raise `UnicodeError` where a part's text cannot be written down: its sender named letters of an odd kind."""
    for name, part in form.multi_items():
        text = part if isinstance(part, str) else part.filename or ""
        f"{name}{text}".encode()


def _keep_parts(parts: list[tuple[str, UploadFile | str]], folder: Path) -> SentForm:
    fields = {name: part for name, part in parts if isinstance(part, str)}
    files: dict[str, SentFile] = {}
    for number, (name, part) in enumerate(parts):
        if isinstance(part, UploadFile) and part.filename:  # no name: no file was chosen
            path = folder / f"sent-{number}"  # never the name that it was sent under
            with path.open("wb") as kept:
                shutil.copyfileobj(part.file, kept, MEBIBYTE)
            files[name] = SentFile(part.filename, path)
    return SentForm(fields, files)
