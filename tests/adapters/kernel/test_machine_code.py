import pickle
import subprocess
import sys

import numpy as np

from credit_default.adapters.kernel.machine_code import load_kernel
from credit_default.model.kernel.group_tables import GroupTables
from credit_default.model.kernel.kernel import PLAIN_LOOPS, add_up

LOADS = """
import sys
from credit_default.adapters.kernel.machine_code import load_kernel
assert load_kernel() is not None
print("numba" in sys.modules)
"""


def test_loading_imports_no_compiler(kernel):
    ended = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, check=True, text=True
    )

    assert ended.stdout == "False\n"


def test_a_copy_in_another_process_loads_that_machines_own(kernel):
    assert pickle.loads(pickle.dumps(kernel)) is kernel
    assert load_kernel() is kernel


def test_tables_are_added_up_as_python_adds_them(kernel):
    rng = np.random.default_rng(4)
    widths, condition_counts = np.array([2, 1, 3]), np.array([2, 1, 3])
    tables = GroupTables(
        first_conditions=np.concatenate([[0], np.cumsum(condition_counts)]).astype(np.uint32),
        condition_features=rng.integers(0, 4, 6).astype(np.uint32),
        lows=rng.normal(-1, 1, 6).astype(np.float32),
        highs=rng.normal(1, 1, 6).astype(np.float32),
        meets_missing=np.array([1, 0, 1, 0, 1, 0], dtype=np.uint32),
        first_features=np.concatenate([[0], np.cumsum(widths)]).astype(np.uint32),
        features=np.array([0, 2, 1, 0, 1, 3], dtype=np.uint32),
        first_entries=np.array([0, 8, 10], dtype=np.uint64),
        entries=rng.normal(size=8 + 2 + 24),
    )
    matrix = rng.normal(size=(1_030, 4)).astype(np.float32)
    matrix[::9, 1] = np.nan

    for rows in (matrix, matrix[::-1], matrix[:1], np.asfortranarray(matrix)[5:200]):
        one, other = (add_up(runs, tables, rows) for runs in (kernel, PLAIN_LOOPS))
        assert np.array_equal(one.view(np.uint64), other.view(np.uint64))
        assert one.any()
