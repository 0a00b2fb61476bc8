"""Terraform for the tests of infra/, where it and its provider are at hand, and the table of what was proved."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # the modules beside this one are shared by its tests alone


@pytest.fixture(scope="session")
def configuration():
    from hcl_parsing import read_configuration

    return read_configuration()
