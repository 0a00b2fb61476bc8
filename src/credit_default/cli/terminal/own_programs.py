"""How a person calls a program of this installation from where the command was run."""

import shlex
import shutil
import sys
from pathlib import Path

from credit_default.settings import copy_environment


def name_program(name: str) -> str:
    """Return the program as it is typed in this shell: by its name where the shell finds it, else by its path.

    A checkout's `.venv` is rarely on the shell's PATH, and what `uvx` runs never is.
    """
    installed = Path(sys.executable).parent / name
    found = shutil.which(name, path=copy_environment().get("PATH"))
    if found and Path(found).resolve() == installed.resolve():
        return name
    folder = Path.cwd()
    shown = installed.relative_to(folder) if installed.is_relative_to(folder) else installed
    return shlex.quote(str(shown))
