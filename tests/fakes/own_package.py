"""A small package of a lender's own, as an installer leaves it in a folder: code, metadata, entry points."""

from pathlib import Path
from textwrap import dedent

NAME = "acme-credit"
FUNCTIONS = '''
    import numpy as np


    def burden(columns, *, cap=2.0):
        """Instalment over income, at most `cap`."""
        instalment, income = columns
        return np.minimum(instalment / np.maximum(income, 1.0), cap)


    def rank(columns):
        return np.argsort(np.argsort(columns[0]))


    def short(columns):
        return columns[0][1:]


    def failing(columns):
        raise RuntimeError("no table of rates")


    def positional(columns, cap):
        return columns[0]


    NUMBER = 3
'''


def install_package(folder: Path, *, version: str = "1.0", code: str = FUNCTIONS) -> Path:
    """Write the package into the folder, which belongs on the path of modules; a second call replaces it."""
    package = folder / "acme_credit"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "features.py").write_text(dedent(code), encoding="utf-8")
    for old in folder.glob("acme_credit-*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    metadata = folder / f"acme_credit-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n", encoding="utf-8"
    )
    names = ["burden", "rank", "short", "failing", "positional", "NUMBER"]
    points = "".join(f"{name} = acme_credit.features:{name}\n" for name in names)
    (metadata / "entry_points.txt").write_text(
        f"[credit_default.features]\n{points}gone = acme_credit.nowhere:gone\n", encoding="utf-8"
    )
    return folder
