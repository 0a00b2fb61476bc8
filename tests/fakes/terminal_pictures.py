"""What a terminal showed, drawn as an SVG that needs nothing from elsewhere."""

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

# The format as Rich has it, less the fonts that it fetches from the network.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
_REDRAWN = re.compile(r"^.*(?:\r|\x1b\[2K|\x1b\[1A)")
_CURSOR = re.compile(r"\x1b\[\?25[lh]")


def clean_output(shown: str) -> str:
    """What was left on the screen: a line that was drawn over counts as it was at the end."""
    kept = []
    for line in _CURSOR.sub("", shown.replace("\r\n", "\n")).split("\n"):
        left = _REDRAWN.sub("", line)
        is_progress = re.search("[⠀-⣿]", left) or (left != line and not left.strip())
        kept += [] if is_progress else [left]
    return "\n".join(kept).strip("\n")


def draw_terminal(command: str, shown: str, path: Path, *, width: int = 100) -> None:
    """Write the picture of a terminal in which a command was typed and showed this."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    console.print(Text.from_ansi(clean_output(shown)), soft_wrap=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = console.export_svg(title="credit-default", code_format=_FORMAT, unique_id=path.stem)
    path.write_text(drawn, encoding="utf-8")
