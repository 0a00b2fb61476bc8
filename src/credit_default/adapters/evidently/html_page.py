"""Give Evidently's page a heading of our own, and keep its data from being read as markup.

Evidently writes the values it shows into a script of the page as they are. Only numbers and our own names should reach it;
should anything else do so, escaping here makes sure that a browser shows it as text.
"""

import html
import re
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.lake.layout import check_hex
from credit_default.errors import ServiceError
from credit_default.gates.verdict import Verdict

_BODY: Final = "\n    <body>\n"
_HEADING: Final = """\
    <header class="heading {origin}">
      <strong>{text}</strong>{note}{verdict}
    </header>
"""
# In an element of its own and not in attributes: a page that allows this text by its digest allows no other style.
_STYLE: Final = (
    "<style>.heading { font: 16px/1.5 sans-serif; padding: 12px 24px; color: #1d2433; background: #e8ecf4; } "
    ".heading.simulated { background: #ffe08a; } .heading .ok { color: #1a7f37; } "
    ".heading .watch { color: #9a6700; } .heading .alarm { color: #b42318; }</style>"
)
_VERDICT: Final = "<!-- verdict -->"  # where verdicts and the note are inserted
# Evidently draws the ids of its widgets and metrics at random: of the same rows it would make another page each time.
_RANDOM_ID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|metric_[0-9a-f]{32}"
)
_COLOURED: Final = frozenset({"ok", "watch", "alarm"})


@dataclass(frozen=True, slots=True)
class ReportTitle:
    """What a report is about, under the batch_id and model version that MLflow and Prefect show too."""

    batch_id: str
    model_version: int
    simulated: bool = False

    @property
    def text(self) -> str:
        """Return one line with batch and model version, and a mark where the data are simulated.

        Raises:
            InputError: The batch_id is not hexadecimal.
        """
        batch_id = check_hex(self.batch_id, "batch_id")
        origin = " · SIMULATED data" if self.simulated else ""
        return f"credit-default · batch {batch_id} · model version {self.model_version}{origin}"

    @property
    def data_origin(self) -> str:
        """Return `real` or `simulated`."""
        return "simulated" if self.simulated else "real"


def insert_verdict(page: str, verdict: Verdict) -> str:
    """Return the page with the gate's level and reasons in its heading, below the verdicts inserted before."""
    reasons = "".join(f"<br>{html.escape(reason)}" for reason in verdict.reasons)
    mark = f' class="{verdict.level}"' if verdict.level in _COLOURED else ""
    level = f"<strong{mark}>{html.escape(f'{verdict.gate}: {verdict.level}')}</strong>"
    return page.replace(_VERDICT, f"<br>{level}{reasons}{_VERDICT}", 1)


def insert_note(page: str, note: str) -> str:
    """Return the page with a note at the end of its heading."""
    return page.replace(_VERDICT, f"<br><em>{html.escape(note)}</em>{_VERDICT}", 1)


def render_page(page: str, *, title: ReportTitle) -> str:
    """Return Evidently's page with our title and heading, and with every `<` in its data escaped.

    Raises:
        InputError: The title's batch_id is not hexadecimal.
        ServiceError: The page is not laid out as Evidently 0.7 does it.
    """
    head, body, rest = page.partition(_BODY)
    if not body or "<head>" not in head:
        raise ServiceError(
            "Evidently's page",
            found="another layout",
            expected="a head with its data, then a body",
            remedy="Install the versions that requirements.lock names.",
        )
    data = "\n".join(_escape_tags(line) for line in head.split("\n"))
    data, body, rest = _number_ids(data, body, rest)
    named = f"<head>\n        <title>{html.escape(title.text)}</title>\n        {_STYLE}"
    return data.replace("<head>", named, 1) + body + _build_heading(title) + rest


def _build_heading(title: ReportTitle) -> str:
    return _HEADING.format(
        text=html.escape(title.text),
        note="<br>No real client stands behind these figures." if title.simulated else "",
        origin=title.data_origin,
        verdict=_VERDICT,
    )


def _number_ids(*parts: str) -> tuple[str, ...]:
    """Return the parts of a page with its random ids replaced by numbers of the same form, in their order."""
    known: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        place = len(known)
        is_metric = found[0].startswith("metric_")
        new = f"metric_{place:032x}" if is_metric else f"{place:08x}-0000-4000-8000-000000000000"
        return known.setdefault(found[0], new)

    return tuple(_RANDOM_ID.sub(number, part) for part in parts)


def _escape_tags(line: str) -> str:
    # Evidently writes data on lines of their own (`var … = {JSON};`). In JSON a `<` occurs only within strings.
    return line.replace("<", "\\u003c") if line.lstrip().startswith("var ") else line
