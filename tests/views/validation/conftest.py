import pytest
from tests.fakes.validation_reports import make_hostile_report


@pytest.fixture(scope="session")
def report():
    return make_hostile_report()
