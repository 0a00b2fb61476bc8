import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.services.context.wiring import read_portfolio, require_same_portfolio

SMALL = """
[schema]
name = "loans"
version = "1"
columns = [{ name = "lent", kind = "amount", description = "Lent." }]
[schema.outcome]
description = "Whether it went unpaid."

[[features]]
name = "lent"
operation = "OPERATION"
columns = ["lent"]
"""


def test_built_in_portfolio_is_the_credit_card_one():
    portfolio = read_portfolio("credit-card")

    assert (portfolio.schema, portfolio.features) == (CREDIT_CARD, CREDIT_CARD_FEATURES)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("no = [toml", "portfolio"),
        ("[schema]\n", "no 'features'"),
        ("[schema]\n[features]\n[more]\n", "more"),
        (SMALL.replace("OPERATION", "no-such-operation"), "feature"),
    ],
)
def test_file_that_declares_no_portfolio_is_one_clear_error(tmp_path, content, found):
    (tmp_path / "p.toml").write_text(content)

    with pytest.raises(InputError, match=found):
        read_portfolio(str(tmp_path / "p.toml"))


def test_portfolio_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"portfolio nowhere\.toml"):
        read_portfolio("nowhere.toml")


def test_lake_is_made_where_the_settings_say(make_wiring, tmp_path):
    wiring = make_wiring(lake=str(tmp_path / "deep" / "lake"))

    assert wiring.lake.home == tmp_path / "deep" / "lake"
    assert wiring.lake.home.is_dir()


def test_mlflow_lives_in_the_lake_unless_an_address_is_given(make_wiring, tmp_path):
    own = make_wiring(mlflow={"tracking_uri": "http://127.0.0.1:9"})
    embedded = make_wiring()

    assert own.tracking.tracking_uri == "http://127.0.0.1:9"
    assert str(tmp_path / "lake" / "mlflow.db") in embedded.tracking.tracking_uri


def test_what_is_of_another_portfolio_is_refused(wiring):
    require_same_portfolio(wiring.schema, "credit-card", thing="batch x")

    with pytest.raises(
        InputError, match="batch x: found portfolio 'loans'; expected portfolio 'credit-card'"
    ):
        require_same_portfolio(wiring.schema, "loans", thing="batch x")
