"""Download one file over HTTP within a deadline and up to a size.

The standard library's timeout is per read: a server that sends one byte a second never exceeds it, and the name lookup has
no timeout at all. So the transfer runs in a thread of its own, which is abandoned when the time is over. ADR 19 says why this is
not left to a library.
"""

import time
from dataclasses import dataclass
from http.client import HTTPException
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from credit_default.errors import ServiceError

_PART_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """How long a transfer may take, and how many bytes it may bring."""

    answer_seconds: float = 5.0  # until the server has answered
    body_seconds: float = 60.0  # from then until the last byte
    most_bytes: int = 64_000_000


def download_file(url: str, *, limits: TransferLimits) -> bytes:
    """Download the file at an http or https URL and return its bytes.

    Raises:
        ServiceError: The URL has another scheme; or the server cannot be reached, answers with an error, is too slow,
            breaks off, or sends more than `limits.most_bytes`.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise _build_download_error(
            url, found="that URL", expected="one that begins with http:// or https://"
        )
    transfer = _Transfer(url, limits)
    thread = Thread(target=transfer.run, name="download", daemon=True)
    thread.start()
    if not transfer.answered.wait(limits.answer_seconds):
        raise _build_silence_error(url, limits)
    thread.join(limits.body_seconds)
    failure = transfer.build_timeout_error() if thread.is_alive() else transfer.failure
    if failure is not None:
        raise failure
    return bytes(transfer.body)


class _Transfer:
    """One transfer: what has come so far, and how it ended."""

    def __init__(self, url: str, limits: TransferLimits) -> None:
        self.url = url
        self.limits = limits
        self.body = bytearray()
        self.failure: ServiceError | None = None
        self.answered = Event()

    def run(self) -> None:
        """Receive the file: afterwards `body` is whole, or `failure` says why it is not."""
        try:
            self._receive()
        except HTTPError as error:
            self.failure = _build_download_error(
                self.url, found=f"the answer {error.code} {error.reason}", expected="the file"
            )
            error.close()
        except (OSError, HTTPException, ValueError) as error:
            # The socket's own time limit is the same as the caller's: either may be over first.
            if isinstance(error, TimeoutError) and not self.answered.is_set():
                self.failure = _build_silence_error(self.url, self.limits)
                return
            self.failure = _build_download_error(
                self.url, found=f"{type(error).__name__}: {error}", expected="the file"
            )
        finally:
            self.answered.set()

    def build_timeout_error(self) -> ServiceError:
        """Return the error for a body that has not ended in time."""
        expected = f"all of it within {self.limits.body_seconds:g} s"
        return _build_download_error(self.url, found="a body that does not end", expected=expected)

    def _receive(self) -> None:
        request = Request(self.url, headers={"User-Agent": "credit-default"})  # noqa: S310 - the scheme was checked
        with urlopen(request, timeout=self.limits.answer_seconds) as response:  # noqa: S310 - the scheme was checked
            self.answered.set()
            deadline = time.monotonic() + self.limits.body_seconds
            while part := response.read1(_PART_BYTES):
                self.body += part
                if len(self.body) > self.limits.most_bytes:
                    expected = f"at most {self.limits.most_bytes:,} bytes"
                    self.failure = _build_download_error(
                        self.url, found="a larger file", expected=expected
                    )
                    return
                if time.monotonic() > deadline:
                    self.failure = self.build_timeout_error()
                    return
            promised = response.headers.get("Content-Length")
            if promised is not None and int(promised) != len(self.body):
                found = f"{len(self.body):,} bytes, then the end"
                self.failure = _build_download_error(
                    self.url, found=found, expected=f"{int(promised):,}"
                )


def _build_silence_error(url: str, limits: TransferLimits) -> ServiceError:
    expected = f"one within {limits.answer_seconds:g} s"
    return _build_download_error(url, found="no answer", expected=expected)


def _build_download_error(url: str, *, found: str, expected: str) -> ServiceError:
    return ServiceError(
        url, found=found, expected=expected, remedy="Check the network and the URL, or try later."
    )
