"""Send a message to people by e-mail, Slack, a webhook, or any other service that Apprise supports.

An address usually holds a secret. It is therefore never shown, and Apprise's own log, which may show it, is muted: an
address is named by its position in the list and by its service. A message that does not arrive is returned to the caller
and raises nothing.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message: its name, its media type and its content."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message to people: one line, the plain text below it, and files for services that take them."""

    title: str
    body: str
    attachments: tuple[Attachment, ...] = ()


def send_message(
    message: Message, addresses: Sequence[str], *, timeout_seconds: float
) -> tuple[str, ...]:
    """Send the message to each address, and return one line for each address that it did not reach.

    Args:
        message: What is sent.
        addresses: Apprise's URLs of the recipients.
        timeout_seconds: How long each service may take to connect, and as long again to answer.
    """
    with _mute_apprise_log():
        failures = (
            _send_to_address(
                message,
                address,
                name=f"address {number} of {len(addresses)}",
                timeout_seconds=timeout_seconds,
            )
            for number, address in enumerate(addresses, start=1)
        )
        return tuple(failure for failure in failures if failure)


def _send_to_address(message: Message, address: str, *, name: str, timeout_seconds: float) -> str:
    import apprise

    target = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if target is None:
        return f"{name} is not an address that Apprise can send to"
    target.socket_connect_timeout = target.socket_read_timeout = timeout_seconds
    sender = apprise.Apprise(servers=target)  # catches what the service's client raises
    # said to be plain text, so that a service that shows HTML or markdown keeps its lines and runs nothing
    arrived = sender.notify(
        title=message.title,
        body=message.body,
        body_format=apprise.NotifyFormat.TEXT,
        attach=_attach(message) if target.attachment_support else None,
    )
    return "" if arrived else f"{name} ({target.service_name or 'custom'}) did not accept it"


def _attach(message: Message) -> Any:
    """Return the files as Apprise sends them, or None where there is none."""
    import apprise
    from apprise.attachment.memory import AttachMemory

    open_file: Any = AttachMemory  # it has no types
    files = [
        open_file(content=one.content, name=one.name, mimetype=one.media_type)
        for one in message.attachments
    ]
    return apprise.AppriseAttachment(files) if files else None


@contextmanager
def _mute_apprise_log() -> Iterator[None]:
    logger = logging.getLogger("apprise")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
