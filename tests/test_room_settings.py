import pytest

from credit_default.errors import InputError
from credit_default.settings import load_settings, require_no_secrets

GOOD = {"address": "https://room.lender.example", "trusted_proxies": ["10.0.0.0/8", "::1"]}


def load(**room):
    return load_settings({"room": room}, environment={}).settings.room


def test_settings_of_a_room_behind_a_proxy_are_read():
    settings = load(**GOOD, trusted_header="X-User", roles={"alma": "administrator"})

    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.roles == {"alma": "administrator"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", "room.lender.example"),
        ("address", "https://room.lender.example/below"),
        ("address", "https://anna:x@room.lender.example"),
        ("address", "javascript:alert(1)"),
        ("address", "http://[::1"),
        ("trusted_proxies", ["proxy.lender.example"]),
        ("trusted_proxies", ["10.0.0.0/64"]),
        ("trusted_header", "X User"),
        ("groups_header", "X:User"),
        ("roles", {"alma": "king"}),
        ("session_hours", 0),
        ("upload_mebibytes", 0),
        ("port", 70_000),
    ],
)
def test_value_that_no_room_can_have_is_refused_with_its_name(name, value):
    with pytest.raises(InputError, match=f"room.{name}"):
        load(**{name: value})


@pytest.mark.parametrize("name", ["users", "trusted_header", "address"])
def test_run_may_not_say_who_comes_into_the_room(name):
    with pytest.raises(InputError, match=f"room.{name}"):
        require_no_secrets({"room": {name: "x"}})


def test_users_are_a_secret_that_is_not_shown():
    loaded = load_settings({"room": {"users": "the hashes"}}, environment={})

    assert "the hashes" not in repr(loaded)
    assert {one.value for one in loaded.origins if one.name == "room.users"} == {"***"}
