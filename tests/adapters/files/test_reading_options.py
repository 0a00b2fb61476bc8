import pytest

from credit_default.adapters.files.reading_options import ReadingOptions, parse_reading_options
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.errors import InputError, SetupError


def test_what_is_not_given_is_taken_from_the_defaults():
    given, defaults = ReadingOptions(sheet="Nov"), ReadingOptions("Data", ",", ".")

    assert given.complete(defaults) == ReadingOptions("Nov", ",", ".")


def test_a_given_option_that_contradicts_a_default_is_refused():
    with pytest.raises(SetupError, match="for both"):
        ReadingOptions(decimal=",").complete(ReadingOptions(thousands=","))


def test_only_given_options_are_described():
    assert not ReadingOptions().describe()
    assert ReadingOptions(thousands=" ").describe() == "thousands ' '"


def test_flows_take_the_options_as_plain_texts_and_read_them_back():
    options = ReadingOptions("Nov", None, ".")

    parameter = options.build_flow_parameter()

    assert parameter == {"sheet": "Nov", "thousands": "."}
    assert parse_reading_options(parameter, thing="file_options") == options
    assert options.marks == NumberMarks(",", ".")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"decimals": ","}, "unknown 'decimals'"),
        ({"sheet": 1}, "'sheet' of the table"),
        ({"decimal": ";"}, "decimal of the table: found ';'"),
        ([], "expected a table"),
    ],
)
def test_a_wrong_declaration_is_refused_by_its_key(declared, message):
    with pytest.raises(InputError, match=message):
        parse_reading_options(declared, thing="the table")
