import sys

import pytest
from tests.fakes.own_package import install_package

from credit_default.installed import find_source


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder on the path of modules with the lender's package; nothing of it is left imported."""
    monkeypatch.syspath_prepend(str(install_package(tmp_path)))
    find_source.cache_clear()
    yield tmp_path
    find_source.cache_clear()
    for name in [name for name in sys.modules if name.startswith("acme_credit")]:
        del sys.modules[name]
