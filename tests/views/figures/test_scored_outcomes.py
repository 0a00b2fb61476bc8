import pytest

from credit_default.errors import InputError
from credit_default.views.figures.scored_outcomes import check_scored_outcomes


def test_one_outcome_alone_is_not_drawn():
    with pytest.raises(InputError, match="same outcome"):
        check_scored_outcomes([0, 0], [0.1, 0.2])
