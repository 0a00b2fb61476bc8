"""Fences whose first line says more than the site's Markdown knows: what a test does with them."""

import re

_OPENING = re.compile(r'^( *```+)(\w+)(?: title="([^"]*)")?(?: (\w+))?$', re.MULTILINE)
_APPENDS = "append"


def simplify_fences(text: str) -> str:
    """Return the page with the language and the title of each fence only; that a file is added to is said in the title."""

    def write(found: re.Match[str]) -> str:
        marks, language, title, word = found.groups()
        if not title:
            return f"{marks}{language}"
        title = f"{title}, at its end" if word == _APPENDS else title
        return f'{marks}{language} title="{title}"'

    return _OPENING.sub(write, text)
