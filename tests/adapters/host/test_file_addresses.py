from pathlib import Path

import pytest

from credit_default.adapters.host.file_addresses import find_file_path


@pytest.mark.parametrize(
    "path",
    ["/lake", "/My Lake #1", "/100%/a", "/%20", "/a?b=c&d", "/ä 漢", "/{x}", "/a'b\"c", "/ends."],
)
def test_path_comes_back_from_its_own_uri(path):
    assert find_file_path(Path(path).as_uri()) == Path(path)
    assert find_file_path(path) == Path(path)


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/mlartifacts",
        "mlflow-artifacts:/1",
        "models:/m-1",
        "./mlruns/0",
        "",
        "file://another-machine/share",
        "file:///lake/../etc",
        "/lake/../etc",
    ],
)
def test_what_is_no_file_of_this_machine_has_no_path(address):
    assert find_file_path(address) is None


def test_uri_that_names_this_machine_has_a_path():
    assert find_file_path("file://localhost/lake/a%20b") == Path("/lake/a b")
