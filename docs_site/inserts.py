"""What a page takes from elsewhere when the site is built, where a comment in it asks for it.

`<!-- section README.md: Start -->` is the text below that heading of that file.
`<!-- write settings -->` is written from the code, by one of `WRITERS`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from docs_site.code_facts import write_exit_codes, write_python
from docs_site.command_line import write_command_line
from docs_site.decisions import write_decisions
from docs_site.links import move_links
from docs_site.markdown import read_section
from docs_site.settings_page import write_settings

ROOT = Path(__file__).resolve().parents[1]
SECTION = re.compile(r"^<!-- section ([\w./-]+): (.+?) -->$", re.MULTILINE)
WRITE = re.compile(r"^<!-- write ([\w-]+) -->$", re.MULTILINE)
WRITERS: Mapping[str, Callable[[], str]] = {
    "command-line": write_command_line,
    "decisions": write_decisions,
    "exit-codes": write_exit_codes,
    "python": write_python,
    "settings": write_settings,
}


def fill_page(text: str, source: str) -> str:
    """Return a page with what its comments ask for.

    Args:
        text: The page as it is in docs/.
        source: Its path below docs/.

    Raises:
        KeyError: A comment asks for a heading or a text that there is not.
    """

    def take_section(found: re.Match[str]) -> str:
        taken = read_section((ROOT / found[1]).read_text(encoding="utf-8"), found[2])
        return move_links(taken, found[1], f"docs/{source}")

    return WRITE.sub(lambda found: WRITERS[found[1]](), SECTION.sub(take_section, text))
