"""A message to people, by e-mail, Slack, a webhook and whatever else Apprise knows an address for.

An address holds a secret as a rule, so none is ever told, nor is Apprise's own log, which may: an address goes by its place
and its service. What does not arrive is a value, for whoever sent it to tell; it fails nothing.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told: one line, and more of it."""

    title: str
    body: str


def send_message(
    message: Message, addresses: Sequence[str], *, timeout_seconds: float
) -> tuple[str, ...]:
    """What did not arrive, one line for each address that failed; nothing when all took the message.

    Each address gets `timeout_seconds` to connect and as long to answer.
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
        return f"{name} is none that a message can be sent to"
    target.socket_connect_timeout = target.socket_read_timeout = timeout_seconds
    sender = apprise.Apprise(
        servers=target
    )  # which takes what a service's client may raise for a refusal
    arrived = sender.notify(title=message.title, body=message.body)
    return "" if arrived else f"{name} ({target.service_name or 'custom'}) did not take it"


@contextmanager
def _mute_apprise_log() -> Iterator[None]:
    logger = logging.getLogger("apprise")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
