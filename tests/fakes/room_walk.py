"""Walk through the control room by its links, as a visitor would: one address of each form."""

import html
import re
from collections import deque
from typing import Any

_LINK = re.compile(r'\b(?:href|src|hx-get)="([^"]*)"')
_NUMBER = re.compile(r"[0-9a-f]{8,}|\d+")


def walk(client: Any, *, most_of_a_form: int = 1) -> dict[str, str]:
    """Return the pages by their addresses, with no more than so many of one form: numbers and ids make no other form.

    A link that leads nowhere, or to a page that fails, fails the test.
    """
    pages: dict[str, str] = {}
    waiting, seen, counts = deque(["/"]), {"/"}, dict[str, int]()
    while waiting:
        address = waiting.popleft()
        form = _NUMBER.sub("N", address)
        counts[form] = counts.get(form, 0) + 1
        if counts[form] > most_of_a_form:
            continue
        answer = client.get(address)
        assert answer.status_code < 400, (address, answer.status_code, answer.text[-600:])
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        pages[address] = answer.text
        for found in _LINK.findall(answer.text):
            linked = html.unescape(found).partition("#")[0]
            if linked.startswith("/") and linked not in seen:
                seen.add(linked)
                waiting.append(linked)
    return pages
