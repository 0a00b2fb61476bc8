import pytest

from credit_default.views.validation.page_tables import format_p_value


@pytest.mark.parametrize(
    ("p_value", "text"), [(None, "–"), (0.0001, "< .001"), (0.0449, ".045"), (1.0, "1.000")]
)
def test_p_values_are_written_in_three_decimals(p_value, text):
    assert format_p_value(p_value) == text
