"""Commands that each run in a process of their own, forked from one that has imported the libraries once.

What a command's process costs is mostly imports. A test that needs another process, but not the start of one, runs its
commands here: nothing of a command stays, neither a module that it imported nor a folder that it went to.

As a program: reads one line of JSON a command on standard input, and writes its exit code on standard output.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Only the thread that forks: OpenBLAS, Polars' and Arrow's allocators begin some when they are imported.
THREADLESS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "2",
    "_RJEM_MALLOC_CONF": "background_thread:false",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
LIBRARIES = (
    "credit_default.cli.main",
    "credit_default.flows.monitor",
    "credit_default.flows.predict",
    "credit_default.flows.train",
    "deltalake",
    "evidently",
    "matplotlib.pyplot",
    "mlflow.store.tracking.sqlalchemy_store",
    "pyarrow.csv",
    "pyarrow.dataset",
    "skops.io",
    "sklearn.ensemble",
)


class WarmCommands:
    """The process that forks, as a test speaks to it."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder

    def run(
        self, words: list[str], *, folder: Path, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `credit-default` with these words in that folder; `PYTHONPATH` among the variables comes first on the path."""
        printed = [self._folder / name for name in ("stdout", "stderr")]
        asked = {
            "words": [str(word) for word in words],
            "folder": str(folder),
            "variables": variables or {},
            "printed": [str(path) for path in printed],
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        texts = [path.read_text(encoding="utf-8") for path in printed]
        return subprocess.CompletedProcess(words, code, *texts)


@contextmanager
def open_warm_commands(folder: Path) -> Iterator[WarmCommands]:
    """Start the process that forks; what commands print is kept in the folder until the next one."""
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **THREADLESS},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield WarmCommands(process, folder)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Fork a child for each line that asks for one, and say how it ended."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is here by now stays shared with the children
    print("ready", flush=True)  # noqa: T201 - the answer
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            return _run(asked)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)  # noqa: T201 - likewise
    return None


def _run(asked: dict) -> None:
    """Be the command: what follows is the end of the process."""
    from credit_default.cli.main import run

    for number, path in enumerate([os.devnull, *asked["printed"]]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(asked["folder"])
    os.environ.update(asked["variables"])
    own = asked["variables"].get("PYTHONPATH", "")
    sys.path[:0] = [path for path in own.split(os.pathsep) if path and path not in sys.path]
    sys.argv = ["credit-default", *asked["words"]]
    run()


if __name__ == "__main__":
    main()
