import pytest


@pytest.fixture(autouse=True)
def _painted(painted_pictures):
    """What is drawn here is looked at."""
