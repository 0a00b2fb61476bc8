"""End a request whose body arrives a byte at a time: it would hold no thread, but memory and an open file for ever."""

import asyncio
import time
from dataclasses import dataclass

from starlette.types import Message, Receive


class SlowSenderError(Exception):
    """A request's body arrived more slowly than it may."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How slowly a body may arrive: nothing is asked of it for so many seconds, then so many bytes a second on average."""

    grace_seconds: float = 30.0
    slowest_bytes: float = (
        16 * 1024
    )  # a second; a file of 100 MiB may take an hour and three quarters

    def end_at(self, began: float, received_bytes: int) -> float:
        """Return until when the next bytes are awaited, on the clock of `began`."""
        return began + self.grace_seconds + received_bytes / self.slowest_bytes


def limit_pace(receive: Receive, patience: Patience) -> Receive:
    """Return a `receive` that raises `SlowSenderError` where the body is too slow; what comes after the body may take long."""
    began, received_bytes, is_whole = time.monotonic(), 0, False

    async def receive_in_time() -> Message:
        nonlocal received_bytes, is_whole
        if is_whole:
            return await receive()
        left = patience.end_at(began, received_bytes) - time.monotonic()
        try:
            message = await asyncio.wait_for(receive(), timeout=max(left, 0))
        except TimeoutError as error:
            raise SlowSenderError from error
        received_bytes += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        return message

    return receive_in_time
