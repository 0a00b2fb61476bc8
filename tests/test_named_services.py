from pathlib import Path

import pytest

from credit_default.errors import SetupError
from credit_default.named_services import (
    NamedServices,
    describe_proxies,
    require_usable_network,
)


def test_proxies_are_described_with_what_goes_through_each():
    given = {"HTTPS_PROXY": "http://me:word@proxy:3128", "NO_PROXY": "prefect.example.invalid"}
    services = NamedServices(
        mlflow="https://mlflow.example.invalid", prefect="https://prefect.example.invalid/api"
    )

    lines, usable = describe_proxies(given, services)

    assert usable
    assert lines == (
        "HTTPS_PROXY=http://***@proxy:3128 for https:// addresses outside this machine",
        "MLflow (https://mlflow.example.invalid): through HTTPS_PROXY",
        "Prefect (https://prefect.example.invalid/api): directly",
        "this machine's own servers, and what NO_PROXY names: directly",
    )


@pytest.mark.parametrize(
    ("services", "thing"),
    [
        (NamedServices(mlflow="http://mlflow.example.invalid"), "MLflow"),
        (NamedServices(prefect="https://prefect.example.invalid/api"), "Prefect"),
        (NamedServices(queue="https://sqs.eu-central-1.amazonaws.com/1/q"), "the queue"),
        (NamedServices(in_bucket=True), "the bucket"),
    ],
)
def test_named_address_behind_a_socks_proxy_is_refused_with_the_variable_and_what_to_do(
    services, thing
):
    with pytest.raises(SetupError, match=f"ALL_PROXY.*on the way to {thing}.*SOCKS"):
        require_usable_network({"ALL_PROXY": "socks5://127.0.0.1:9"}, services)


@pytest.mark.parametrize(
    ("environment", "services"),
    [
        ({}, NamedServices(mlflow="http://127.0.0.1:5000", prefect="http://localhost:4200/api")),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}, NamedServices(in_bucket=True)),
        ({"NO_PROXY": "example.invalid"}, NamedServices(mlflow="http://mlflow.example.invalid")),
        ({}, NamedServices(mlflow="sqlite:///mlflow.db")),
    ],
)
def test_socks_proxy_is_no_obstacle_on_the_way_to_this_machine(environment, services):
    require_usable_network({"ALL_PROXY": "socks5://127.0.0.1:9", **environment}, services)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_file_of_certificates_that_cannot_be_read_is_named_with_its_variable(tmp_path, content):
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(SetupError, match=r"SSL_CERT_FILE: found .*bundle\.pem"):
        require_usable_network({"SSL_CERT_FILE": str(path)}, NamedServices())


def test_file_of_certificates_that_can_be_read_is_accepted():
    import certifi

    require_usable_network({"SSL_CERT_FILE": certifi.where()}, NamedServices())
    assert Path(certifi.where()).exists()
