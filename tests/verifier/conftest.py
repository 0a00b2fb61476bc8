"""A lake in which everything has happened, made once for a run, and the verifier as a person starts it."""

import contextlib
import hashlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.shared_folders import copy_shared_folder
from verifier.command import run

LIFE = Path(__file__).parents[1] / "fakes" / "verified_lake.py"


@dataclass(frozen=True)
class Checked:
    """What the verifier ended with and printed."""

    code: int
    text: str

    @property
    def faults(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.startswith("FAULT")]

    @property
    def gaps(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.startswith("not judged")]


def check(lake: Path | str, *options: str) -> Checked:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run([str(lake), *options])
    return Checked(code, printed.getvalue())


@pytest.fixture(scope="session")
def verified_lake(tmp_path_factory, lake_with_champion, simulated_files, small_settings) -> Path:
    """The lake as it is; no test writes into it."""

    def make(folder: Path) -> None:
        from tests.fakes.verified_lake import make_verified_lake

        made = tmp_path_factory.mktemp("made") / "lake"
        make_verified_lake(
            made, champion=lake_with_champion, files=simulated_files, settings=small_settings
        )
        shutil.copytree(made, folder, dirs_exist_ok=True)

    # made anew where its own life is another, which no other folder depends on
    life = hashlib.sha256(LIFE.read_bytes()).hexdigest()[:8]
    return copy_shared_folder(
        f"verified-lake-{life}", tmp_path_factory.mktemp("verified") / "lake", make=make
    )


@pytest.fixture
def lake(verified_lake, tmp_path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(verified_lake, tmp_path / "lake"))


@pytest.fixture
def check_lake() -> Callable[..., Checked]:
    return check
