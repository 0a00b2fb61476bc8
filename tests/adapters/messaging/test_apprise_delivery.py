import logging
import time

from credit_default.adapters.messaging.apprise_delivery import Message, send_message

MESSAGE = Message("credit-default: alarm", "drift of version 3")


def send(*addresses, timeout_seconds=60.0):
    return send_message(MESSAGE, addresses, timeout_seconds=timeout_seconds)


def test_message_arrives(webhook):
    assert send(webhook.address) == ()

    [message] = webhook.messages
    assert (message["title"], message["message"]) == ("credit-default: alarm", "drift of version 3")


def test_a_message_without_addresses_is_no_failure():
    assert send() == ()


def test_a_refusal_is_reported_without_the_address(webhook, caplog):
    webhook.status = 500

    with caplog.at_level(logging.DEBUG):
        failures = send(webhook.address)

    assert failures == ("address 1 of 1 (JSON) did not accept it",)
    assert "secret-word" not in caplog.text


def test_a_hanging_service_is_given_up_on_and_the_others_get_the_message(webhook, open_webhook):
    with open_webhook() as hanging:
        hanging.status = None
        started = time.monotonic()

        failures = send(hanging.address, webhook.address, timeout_seconds=1)

    assert failures == ("address 1 of 2 (JSON) did not accept it",)
    assert len(webhook.messages) == 1
    assert time.monotonic() - started < 60


def test_an_unreachable_service_and_an_unknown_address_are_reported(webhook):
    unreachable = "json://127.0.0.1:9/"

    assert send("not an address", unreachable, webhook.address) == (
        "address 1 of 3 is not an address that Apprise can send to",
        "address 2 of 3 (JSON) did not accept it",
    )
    assert len(webhook.messages) == 1


def test_the_log_of_the_library_is_unmuted_afterwards():
    send("not an address")

    assert not logging.getLogger("apprise").disabled
