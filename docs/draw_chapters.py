"""Draw the chapters of every room in docs/architecture.md, from the code: what `make docs` calls.

Floors come from the import-linter contracts in pyproject.toml, each chapter's line from its docstring, so that the page
cannot say anything that the code does not.
"""  # noqa: INP001 - a script

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("architecture.md")
PACKAGE = ROOT / "src" / "credit_default"
BEGIN, END = "<!-- chapters: `make docs` draws them -->\n", "<!-- end of chapters -->"
FLOOR = "  ──"


def build_page() -> str:
    """Return the page with the chapters drawn as the code has them now."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return before + BEGIN + "\n" + draw_rooms() + "\n" + END + rest.split(END)[1]


def draw_rooms() -> str:
    """Return one block a room, in the order of the house: a line a chapter, its floors from top to bottom."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = {
        contract["containers"][0]: contract["layers"]
        for contract in contracts["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }
    rooms = [room for floor in layers.pop("credit_default") for room in floor.split(" | ")]
    drawn = (
        draw_room(room, layers[name])
        for room in rooms
        if (name := f"credit_default.{room}") in layers
    )
    return "\n".join(["```", *drawn, "```", ""])


def draw_room(room: str, floors: list[str]) -> str:
    """Return the room's name, then each floor's chapters with their lines, a rule between two floors."""
    chapters = [[(name, read_line(room, name)) for name in floor.split(" | ")] for floor in floors]
    width = max(len(name) for floor in chapters for name, _ in floor)
    blocks = ["\n".join(f"  {name:<{width}}  {line}" for name, line in floor) for floor in chapters]
    return "\n".join([f"{room}/", f"\n{FLOOR}\n".join(blocks), ""])


def read_line(room: str, chapter: str) -> str:
    """Return the first line of the docstring of a chapter, which is a folder or a module."""
    folder = PACKAGE / room / chapter
    module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return re.sub(r"\s+", " ", docstring.split("\n\n")[0].splitlines()[0])


if __name__ == "__main__":
    page = build_page()
    PAGE.write_text(page, encoding="utf-8")
    print(f"wrote {PAGE.parent.name}/{PAGE.name}, {len(page.splitlines())} lines")  # noqa: T201 - what make shows
