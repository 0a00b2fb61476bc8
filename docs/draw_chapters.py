"""Draw the chapters of every layer in docs/architecture.md from the code, as `make docs` does.

The levels come from the import-linter contracts in pyproject.toml, each chapter's line from its
docstring, so that the page cannot differ from the code.
"""  # noqa: INP001 - a script

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("architecture.md")
PACKAGE = ROOT / "src" / "credit_default"
BEGIN, END = "<!-- chapters: `make docs` draws them -->\n", "<!-- end of chapters -->"
RULE = "  ──"


def build_page() -> str:
    """Return the page with the chapters drawn as the code has them now."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return before + BEGIN + "\n" + draw_layers() + "\n" + END + rest.split(END)[1]


def draw_layers() -> str:
    """Return one block for each layer, from top to bottom, with a line for each chapter."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    levels = {
        contract["containers"][0]: contract["layers"]
        for contract in contracts["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }
    layers = [layer for level in levels.pop("credit_default") for layer in level.split(" | ")]
    drawn = (
        draw_layer(layer, levels[name])
        for layer in layers
        if (name := f"credit_default.{layer}") in levels
    )
    return "\n".join(["```", *drawn, "```", ""])


def draw_layer(layer: str, levels: list[str]) -> str:
    """Return the layer's name, then the chapters of each level with their lines, and rules between."""
    chapters = [[(name, read_line(layer, name)) for name in level.split(" | ")] for level in levels]
    width = max(len(name) for level in chapters for name, _ in level)
    blocks = ["\n".join(f"  {name:<{width}}  {line}" for name, line in level) for level in chapters]
    return "\n".join([f"{layer}/", f"\n{RULE}\n".join(blocks), ""])


def read_line(layer: str, chapter: str) -> str:
    """Return the first line of the docstring of a chapter, which is a folder or a module."""
    folder = PACKAGE / layer / chapter
    module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return re.sub(r"\s+", " ", docstring.split("\n\n")[0].splitlines()[0])


if __name__ == "__main__":
    page = build_page()
    PAGE.write_text(page, encoding="utf-8")
    print(f"wrote {PAGE.parent.name}/{PAGE.name}, {len(page.splitlines())} lines")  # noqa: T201 - what make shows
