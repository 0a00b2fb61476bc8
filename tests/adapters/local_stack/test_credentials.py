import shlex
import stat
import subprocess

import pytest

from credit_default.adapters.local_stack.credentials import read_credentials, write_credentials

GIVEN = {
    "MLFLOW_TRACKING_USERNAME": "anna",
    "MLFLOW_TRACKING_PASSWORD": "given-password",
    "PREFECT_API_AUTH_STRING": "anna:x",
    "MLFLOW_FLASK_SERVER_SECRET_KEY": "key",
    "CONTROL_ROOM_PASSWORD": "another-given-password",
}
ADDRESSES = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:5000"}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "stack" / "servers.env"


def test_credentials_are_generated_once_and_long(place):
    made = read_credentials(place, environment={})
    write_credentials(place, made, addresses=ADDRESSES)

    again = read_credentials(place, environment={})

    assert again == made
    assert made.mlflow_username == "admin"
    assert len(made.mlflow_password) >= 32
    assert made.prefect_auth_string.startswith("admin:")
    assert (
        len(
            {
                made.mlflow_password,
                made.prefect_auth_string.removeprefix("admin:"),
                made.session_key,
            }
        )
        == 3
    )


def test_file_is_its_owners_alone_from_its_first_byte_on(place):
    write_credentials(place, read_credentials(place, environment={}), addresses=ADDRESSES)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert [path.name for path in place.parent.iterdir()] == ["servers.env"]


def test_what_the_environment_gives_is_in_force_and_never_written(place):
    given = read_credentials(place, environment=GIVEN)
    write_credentials(place, given, addresses=ADDRESSES)

    assert (given.mlflow_username, given.mlflow_password, given.session_key) == (
        "anna",
        "given-password",
        "key",
    )
    assert (
        place.read_text()
        == "MLFLOW_TRACKING_URI='http://127.0.0.1:5000'\nMLFLOW_TRACKING_USERNAME='anna'\n"
    )


def test_shell_that_has_read_the_file_does_not_empty_it(place):
    made = read_credentials(place, environment={})
    write_credentials(place, made, addresses=ADDRESSES)
    known = {**made.client_variables, "MLFLOW_FLASK_SERVER_SECRET_KEY": made.session_key}

    write_credentials(place, read_credentials(place, environment=known), addresses=ADDRESSES)

    assert read_credentials(place, environment={}) == made


def test_shell_reads_the_file(place):
    made = read_credentials(place, environment={})
    write_credentials(place, made, addresses=ADDRESSES)

    ended = subprocess.run(
        ["sh", "-c", f"set -a; . {shlex.quote(str(place))}; set +a; env"],
        capture_output=True,
        text=True,
        check=True,
    )

    reported = dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line)
    assert made.client_variables.items() <= reported.items()


def test_removing_the_file_generates_new_credentials(place):
    made = read_credentials(place, environment={})
    write_credentials(place, made, addresses=ADDRESSES)
    place.unlink()

    again = read_credentials(place, environment={})

    assert made.mlflow_password != again.mlflow_password
    assert made.prefect_auth_string != again.prefect_auth_string


def test_credentials_are_in_no_repr(place):
    made = read_credentials(place, environment={})

    assert made.mlflow_password not in repr(made)
    assert made.prefect_auth_string not in repr(made)
    assert made.session_key not in repr(made)


def test_password_of_the_control_room_is_kept_beside_its_user_until_it_is_nobodys(place):
    made = read_credentials(place, environment={})
    write_credentials(place, made, addresses=ADDRESSES)
    kept = place.read_text()
    write_credentials(place, made.forget_room_password(), addresses=ADDRESSES)

    assert "CONTROL_ROOM_USERNAME='admin'\n" in kept
    assert f"CONTROL_ROOM_PASSWORD='{made.room_password}'\n" in kept
    assert "CONTROL_ROOM" not in place.read_text()
    assert made.mlflow_password in place.read_text()
