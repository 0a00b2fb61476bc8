"""Whether a worker would compute the same bits: the same code, the same versions, the same hashes of keys."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Final

import polars as pl

import credit_default
from credit_default.data.checking.duplicate_keys import hash_keys
from credit_default.data.contract.schema import KEY
from credit_default.errors import SetupError

_PACKAGES: Final = ("scikit-learn", "numpy", "polars", "pyarrow", "distributed")


@lru_cache(maxsize=1)
def read_facts() -> dict[str, str]:
    """Return what decides the bits of this process's results, by the names that messages show."""
    return {
        "credit-default": credit_default.__version__,
        "Python": python_version(),
        **{name: version(name) for name in _PACKAGES},
        "credit-default's code": _digest_code(Path(credit_default.__file__).parent),
        # Polars promises equal hashes within one process only
        "hashes of keys": _hash_fixed_keys(),
    }


def require_same_facts(driver: Mapping[str, str], worker: object, *, name: str) -> None:
    """Check that a worker computes the same bits as the driver.

    Args:
        driver: The facts of this process.
        worker: What the worker answered: its facts, or the error with which it could not.
        name: The worker's address.

    Raises:
        SetupError: It has another version, or none, of something that decides them.
    """
    theirs = worker if isinstance(worker, Mapping) else {}
    for fact, expected in driver.items():
        if (found := theirs.get(fact)) != expected:
            raise SetupError(
                f"Dask worker {name}",
                found=f"{fact} {found}" if found else f"no {fact}, or one without facts to compare",
                expected=f"{expected}, as here: scores must not depend on who computes them",
                remedy="Start its workers from the same image as this command.",
            )


def _digest_code(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _hash_fixed_keys() -> str:
    keys = pl.DataFrame([["a", "zz-9", "00017"], ["2005-04", "2005-11", "1999-12"]], schema=KEY)
    return hashlib.sha256(hash_keys(keys).tobytes()).hexdigest()[:12]
