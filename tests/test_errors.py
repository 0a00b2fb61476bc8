import pickle

import pytest

from credit_default.errors import (
    ArtifactError,
    InputError,
    MlflowError,
    RefusedError,
    ServiceError,
    SetupError,
    hide_credentials,
    join_faults,
    needs_setup,
    show_examples,
)


def test_message_names_thing_found_expected_and_remedy():
    error = InputError("batch a.csv", found="no rows", expected="rows", remedy="Export it again.")

    assert str(error) == "batch a.csv: found no rows; expected rows. Export it again."


def test_exit_codes_are_those_of_the_command_line():
    kinds = (RefusedError, InputError, SetupError, ServiceError, ArtifactError)

    assert [kind.exit_code for kind in kinds] == [1, 2, 2, 3, 3]


def test_error_survives_a_process_boundary():
    error = RefusedError("a", found="b", expected="c", remedy="d")

    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), str(copy)) == (RefusedError, str(error))


def test_error_of_mlflow_is_caught_as_one_of_a_service_and_stays_one_across_a_process_boundary():
    error = MlflowError("a", found="b", expected="c", remedy="d")

    assert isinstance(pickle.loads(pickle.dumps(error)), MlflowError)
    assert isinstance(error, ServiceError)
    assert MlflowError.exit_code == 3


def test_examples_are_at_most_five_with_the_count():
    assert show_examples([1, 2]) == "1, 2"
    assert show_examples(range(9)) == "0, 1, 2, 3, 4 … (9 in all)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "API request to http://reader:hunter2@mlflow:5000/api failed",
            "API request to http://***@mlflow:5000/api failed",
        ),
        (
            "postgresql+asyncpg://p:a@b@db/x and https://t0ken@host",
            "postgresql+asyncpg://***@db/x and https://***@host",
        ),
        ("http://mlflow:5000/#/runs/a@b", "http://mlflow:5000/#/runs/a@b"),
        ("somebody@example.org wrote", "somebody@example.org wrote"),
    ],
)
def test_user_and_password_are_hidden(text, told):
    assert hide_credentials(text) == told
    assert str(ServiceError(text, found=text, expected="x", remedy="y")).count(told) == 2


def test_the_setup_is_at_fault_where_one_of_the_faults_is_its():
    def make(kind):
        return kind("a thing", found="this", expected="that", remedy="Correct the thing.")

    declared = [make(InputError), make(InputError)]

    assert needs_setup(make(SetupError))
    assert needs_setup(join_faults("all", [*declared, make(SetupError)]))
    assert not needs_setup(join_faults("all", declared))
    assert not needs_setup(make(InputError))
    assert not needs_setup(ValueError("this"))
