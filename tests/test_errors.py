import pickle

from credit_default.errors import ArtifactError, InputError, RefusedError, ServiceError, show_examples


def test_message_names_thing_found_expected_and_remedy():
    error = InputError("batch a.csv", found="no rows", expected="rows", remedy="Export it again.")

    assert str(error) == "batch a.csv: found no rows; expected rows. Export it again."


def test_exit_codes_are_those_of_the_command_line():
    assert [kind.exit_code for kind in (RefusedError, InputError, ServiceError, ArtifactError)] == [1, 2, 3, 3]


def test_error_survives_a_process_boundary():
    error = RefusedError("a", found="b", expected="c", remedy="d")

    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), str(copy)) == (RefusedError, str(error))


def test_examples_are_at_most_five_with_the_count():
    assert show_examples([1, 2]) == "1, 2"
    assert show_examples(range(9)) == "0, 1, 2, 3, 4 … (9 in all)"
