import pytest

from credit_default.adapters.mlflow.address import split_login


@pytest.mark.parametrize(
    ("uri", "reported", "login"),
    [
        (
            "http://reader:hunter2@mlflow:5000/base",
            "http://mlflow:5000/base",
            ("reader", "hunter2"),
        ),
        ("https://a%40b:p%2Fq%3A@mlflow", "https://mlflow", ("a@b", "p/q:")),
        ("http://reader@mlflow:5000", "http://mlflow:5000", ("reader", "")),
    ],
)
def test_credentials_are_taken_out_of_the_address(uri, reported, login):
    address = split_login(uri)

    assert address.uri == reported
    assert address.login == {
        "MLFLOW_TRACKING_USERNAME": login[0],
        "MLFLOW_TRACKING_PASSWORD": login[1],
    }
    assert "hunter2" not in repr(address)


@pytest.mark.parametrize(
    "uri", ["", "http://mlflow:5000", "sqlite:////lake/a@b/mlflow.db", "http://mlflow/#/a@b"]
)
def test_address_without_credentials_stays_as_it_is(uri):
    address = split_login(uri)

    assert (address.uri, address.login) == (uri, {})
