import pytest

from credit_default.addresses import (
    AddressError,
    build_proxy_variables,
    check_mlflow_address,
    check_prefect_address,
    find_proxy,
    is_on_this_machine,
    list_proxies,
    require_supported_proxy,
)
from credit_default.errors import SetupError

OUTSIDE = "http://mlflow.example.invalid:5000"
LOOPBACK = [
    "http://127.0.0.1:5000",
    "http://127.1.2.3",
    "http://localhost:4200/api",
    "http://LOCALHOST",
    "http://bucket.localhost:9000",
    "http://[::1]:9000",
    "http://0.0.0.0:4200/api",
    "json://me:word@127.0.0.1/hook",
]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://mlflow:5000",
        "https://me:word@mlflow.example.org/prefix",
        "http://[::1]:5000",
        "sqlite:////folder/mlflow.db",
        "sqlite:///mlflow.db",
        "postgresql+psycopg2:///mlflow",
    ],
)
def test_address_of_a_server_or_a_database_can_be_mlflows(address):
    assert check_mlflow_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("./mlruns", "mlruns", "/srv/mlruns", "file:///srv/mlruns", "file:mlruns"),
        *("databricks", "databricks://profile", "databricks-uc", "uc:http://x", "s3://bucket/runs"),
        *("http:/mlflow:5000", "htp://mlflow:5000", "http://", "http:mlflow", "mlflow:5000"),
        *("127.0.0.1:5000", "http://mlflow:port", "http://[::1", " ", "http://ml flow", "sqlite"),
        *("SQLITE", "sqlite:/x"),
    ],
)
def test_folder_or_mistyped_address_cannot_be_mlflows(address):
    with pytest.raises(AddressError) as refused:
        check_mlflow_address(address)

    assert "http://host:port" in refused.value.expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://127.0.0.1:4200/api",
        "https://api.prefect.cloud/api/accounts/a/workspaces/w",
        "http://prefect:4200/other/",
    ],
)
def test_address_with_a_path_can_be_prefects(address):
    assert check_prefect_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("ephemeral", "prefect://ephemeral", "http://127.0.0.1:4200", "http://prefect:4200/"),
        *(
            "/api",
            "http:/prefect/api",
            "htp://prefect/api",
            "prefect:4200/api",
            "http://prefect:x/api",
        ),
    ],
)
def test_address_of_the_pages_or_no_address_cannot_be_prefects(address):
    with pytest.raises(AddressError, match=r"such as http://127\.0\.0\.1:4200/api"):
        check_prefect_address(address)


@pytest.mark.parametrize("address", LOOPBACK)
def test_address_of_loopback_is_on_this_machine(address):
    assert is_on_this_machine(address)


@pytest.mark.parametrize(
    "address", [OUTSIDE, "http://127.0.0.1.example.org", "http://10.0.0.1", "nothing", "http://[::"]
)
def test_another_address_is_not_on_this_machine(address):
    assert not is_on_this_machine(address)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, {}),
        ({"http_proxy": "http://a:1"}, {"http": "http_proxy"}),
        ({"HTTPS_PROXY": "http://a:1"}, {"https": "HTTPS_PROXY"}),
        ({"ALL_PROXY": "http://a:1"}, {"http": "ALL_PROXY", "https": "ALL_PROXY"}),
        ({"all_proxy": "b:1", "HTTP_PROXY": "a:1"}, {"http": "HTTP_PROXY", "https": "all_proxy"}),
        ({"http_proxy": "", "HTTP_PROXY": "a:1", "ALL_PROXY": "b:1"}, {"https": "ALL_PROXY"}),
        ({"http_proxy": "a:1", "HTTP_PROXY": "b:1"}, {"http": "http_proxy"}),
    ],
)
def test_proxy_of_each_scheme_is_named_by_the_variable_that_libraries_prefer(variables, expected):
    found = list_proxies(variables)

    assert {scheme: proxy.variable for scheme, proxy in found.items()} == expected


@pytest.mark.parametrize("address", LOOPBACK)
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_loopback_goes_through_no_proxy(address, name):
    assert find_proxy(address, {name: "http://proxy:3128"}) is None


@pytest.mark.parametrize(
    ("no_proxy", "through"),
    [
        ("", True),
        ("other.invalid", True),
        ("ample.invalid", True),
        ("*", False),
        ("mlflow.example.invalid", False),
        ("x, .example.invalid", False),
        ("Example.INVALID:5000", False),
        ("example.invalid:5001", True),
    ],
)
def test_outside_address_goes_through_the_proxy_unless_no_proxy_names_it(no_proxy, through):
    found = find_proxy(OUTSIDE, {"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": no_proxy})

    assert (found is not None) == through


def test_nothing_is_set_where_no_proxy_is_named():
    assert build_proxy_variables({"NO_PROXY": "example.org", "PATH": "/bin"}) == {}


def test_proxies_are_written_so_that_all_libraries_agree_and_the_users_exceptions_stay():
    built = build_proxy_variables(
        {"ALL_PROXY": "http://proxy:3128", "NO_PROXY": "example.org, 10.0.0.1"},
        ["http://127.0.0.2:5000", OUTSIDE],
    )

    assert built["http_proxy"] == built["HTTPS_PROXY"] == "http://proxy:3128"
    assert built["ALL_PROXY"] == ""
    assert built["no_proxy"] == built["NO_PROXY"]
    assert built["no_proxy"].split(",") == [
        *("example.org", "10.0.0.1"),
        *("127.0.0.1", "localhost", ".localhost", "::1", "0.0.0.0", "127.0.0.0/8", "127.0.0.2"),
    ]


def test_preparing_twice_changes_nothing():
    given = {"HTTPS_PROXY": "socks5://me:word@proxy:1080", "http_proxy": "proxy:3128"}
    once = {**given, **build_proxy_variables(given)}

    assert build_proxy_variables(once).items() <= once.items()


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h", "SOCKS5", "ftp"])
def test_unsupported_proxy_is_replaced_by_one_that_does_not_exist_and_still_named(scheme):
    given = {"ALL_PROXY": f"{scheme}://me:word@proxy:1080"}

    built = {**given, **build_proxy_variables(given)}

    assert built["https_proxy"].endswith(".invalid")
    assert "word" not in built["https_proxy"]
    for variables in (given, built):
        with pytest.raises(
            SetupError, match=r"variable ALL_PROXY: found.*on the way to MLflow"
        ) as it:
            require_supported_proxy("MLflow", OUTSIDE, variables)
        assert "add mlflow.example.invalid to NO_PROXY" in str(it.value)
        assert "word" not in str(it.value)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://me:word@proxy:3128", "http://***@proxy:3128"),
        ("me:word@proxy:3128", "***@proxy:3128"),
        ("proxy:3128", "proxy:3128"),
    ],
)
def test_credentials_of_a_proxy_are_not_shown(proxy, shown):
    assert list_proxies({"http_proxy": proxy})["http"].shown == shown
