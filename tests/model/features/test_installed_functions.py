import sys

import numpy as np
import polars as pl
import pytest
from tests.fakes.own_package import FUNCTIONS, install_package

from credit_default.errors import InputError, SetupError
from credit_default.installed import digest_module, find_source
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import describe_features, parse_features
from credit_default.model.features.installed_functions import _guard

ROWS = pl.DataFrame({"instalment": [100.0, 900.0, 50.0], "income": [1_000.0, 300.0, 0.0]})
COLUMNS = ["instalment", "income"]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder on the path of modules with the lender's package; nothing of it is left imported."""
    monkeypatch.syspath_prepend(str(install_package(tmp_path)))
    find_source.cache_clear()
    yield tmp_path
    find_source.cache_clear()
    for name in [name for name in sys.modules if name.startswith("acme_credit")]:
        del sys.modules[name]


def declare(entry, columns=COLUMNS, **arguments):
    function = f"acme-credit:{entry}"
    return [{"name": "own", "function": function, "columns": columns, "arguments": arguments}]


def build(entry, columns=COLUMNS, **arguments):
    return build_features(ROWS, spec=declare(entry, columns, **arguments))


def test_a_function_of_an_installed_package_computes_a_feature(installed):
    assert build("burden")[:, 0].tolist() == pytest.approx([0.1, 2.0, 2.0])
    assert build("burden", cap=1)[:, 0].tolist() == pytest.approx([0.1, 1.0, 1.0])


def test_the_description_pins_package_version_and_code_and_is_read_back(installed):
    (described,) = describe_features(parse_features(declare("burden")))

    assert described["arguments"] == {"cap": 2.0}
    assert described["source"] == {
        "package": "acme-credit",
        "version": "1.0",
        "digest": digest_module("acme_credit"),
    }
    assert describe_features(parse_features([described])) == [described]


@pytest.mark.parametrize(
    ("version", "code", "found"),
    [("1.1", FUNCTIONS, "acme-credit 1.1;"), ("1.0", FUNCTIONS + "\n    # later\n", "other code")],
    ids=["another version", "other code under the same version"],
)
def test_a_package_that_changed_since_training_is_refused(installed, version, code, found):
    spec = describe_features(parse_features(declare("burden")))
    install_package(installed, version=version, code=code)
    find_source.cache_clear()

    with pytest.raises(SetupError, match=found) as refused:
        build_features(ROWS, spec=spec)
    assert "acme-credit 1.0, code" in refused.value.expected


def test_a_package_of_other_code_is_not_even_imported(installed):
    spec = describe_features(parse_features(declare("burden")))
    for name in [name for name in sys.modules if name.startswith("acme_credit")]:
        del sys.modules[name]
    install_package(installed, code=FUNCTIONS + "\n    raise SystemExit('it ran')\n")
    find_source.cache_clear()

    with pytest.raises(SetupError):
        build_features(ROWS, spec=spec)
    assert "acme_credit.features" not in sys.modules


@pytest.mark.parametrize(
    ("function", "error", "found"),
    [
        ("other-lender:burden", SetupError, "no installed package 'other-lender'"),
        (":burden", SetupError, "no installed package ''"),
        ("acme-credit:burdem", SetupError, "burden"),
        ("acme-credit:gone", SetupError, "ModuleNotFoundError"),
        ("acme-credit:positional", InputError, r"the parameters \['columns', 'cap'\]"),
        ("acme-credit:NUMBER", InputError, "a int"),
        ("acme-credit", InputError, "function 'acme-credit'"),
    ],
)
def test_a_function_that_cannot_be_used_is_refused_when_it_is_declared(
    installed, function, error, found
):
    with pytest.raises(error, match=found):
        parse_features([{"name": "own", "function": function, "columns": COLUMNS}])


@pytest.mark.parametrize(
    ("entry", "found"),
    [("rank", "rows beside them"), ("short", "shape"), ("failing", "no table of rates")],
)
def test_a_result_that_is_not_one_number_for_each_row_by_itself_is_refused(installed, entry, found):
    with pytest.raises(InputError, match=found):
        build(entry, ["instalment"])


def test_a_source_beside_one_of_our_own_functions_is_refused(installed):
    item = {"name": "own", "function": "raw", "columns": ["income"], "source": {}}

    with pytest.raises(InputError):
        parse_features([item])


def test_values_do_not_depend_on_chunks(installed):
    random = np.random.default_rng(1)
    rows = pl.DataFrame({"instalment": random.random(500), "income": random.random(500) * 9})
    whole = build_features(rows, spec=declare("burden"))
    parts = [
        build_features(rows[start : start + 70], spec=declare("burden"))
        for start in range(0, 500, 70)
    ]

    assert np.array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 64, 127, 128, 129, 500])
def test_a_result_may_be_missing_and_is_compared_on_half_the_rows_at_most_sixty_four(count):
    sizes = []

    def double(columns):
        sizes.append(len(columns[0]))
        return 2 * columns[0]

    column = np.arange(count, dtype=np.float64)
    column[::3] = np.nan

    found = _guard("acme:double", double)([column])

    assert np.array_equal(found, 2 * column, equal_nan=True)
    assert sizes == [count, min(64, (count + 1) // 2)]


def test_a_function_that_looks_at_the_row_above_is_refused_and_may_not_change_its_columns():
    def look_above(columns):
        return np.roll(columns[0], 1)

    def spoil(columns):
        columns[0] += 1
        return columns[0]

    column = np.arange(10, dtype=np.float64)
    with pytest.raises(InputError, match="values that change with the rows beside them"):
        _guard("acme:above", look_above)([column])
    assert _guard("acme:spoil", spoil)([column]).tolist() == list(range(1, 11))
    assert column.tolist() == list(range(10))
