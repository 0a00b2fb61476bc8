"""A table that chooses its columns by the terminal's width, and puts sentences below their row.

No line is wider than the terminal, and no cell narrower than its longest word. What has no room
beside the row stands below it, under its heading, so a narrow terminal shows less at once but
nothing less.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from credit_default.errors import escape_unprintable
from credit_default.views.tables.bullets import render_bullet

_INDENT: Final = 2  # of what stands below its row
_NARROWEST_TEXT: Final = 24  # characters: words are not stacked in columns narrower than this
_FITTING_SHARE: Final = (
    0.75  # of the rows whose sentences fit beside them, for a column of sentences
)
_LONGEST_WORD: Final = 32  # characters: a cell with a longer word makes no column that wide
_EMPTY: Final = frozenset({"", "–"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of short cells.

    A figure is aligned to the right and never wrapped. Of several columns that do not fit, the one
    of the highest `rank` leaves first, of equals the one on the right; the first column stays.
    """

    heading: str
    is_figure: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[Text, ...]
    sentences: tuple[Text, ...]

    @property
    def sentence_width(self) -> int:
        return max((sentence.cell_len for sentence in self.sentences), default=0)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns stand beside one another, how wide and how far apart.

    `sentence_width` is that of the column of sentences, 0 where they stand below their rows.
    """

    widths: dict[int, int]  # by the column's place
    gap: int
    sentence_width: int = 0

    def holds(self, place: int, cell: Text) -> bool:
        """Return whether the cell's column stands beside the others and takes its longest word."""
        return _measure_word(cell.plain) <= self.widths.get(place, -1)


class FittedTable:
    """Rows of short cells, each followed by the sentences about it, as Rich prints them."""

    def __init__(
        self, columns: Sequence[Column], *, sentences: str = "", title: str = "", gap: int = 2
    ) -> None:
        """Make a table without rows.

        Args:
            columns: The columns, the most telling first.
            sentences: What the sentences are called where they stand in a column of their own.
            title: A line above the table.
            gap: Blanks between two columns.
        """
        self._columns, self._heading, self._title, self._gap = columns, sentences, title, gap
        self._rows: list[_Row] = []

    def add_row(self, *cells: str | Text, sentences: Iterable[str | Text] = ()) -> None:
        """Add a row: a cell for each column, and the sentences about it. A plain text is shown literally."""
        said = tuple(text for text in map(_to_text, sentences) if text.plain)
        self._rows.append(_Row(tuple(map(_to_text, cells)), said))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        layout = self._choose_layout(options.max_width)
        if self._title:
            yield Text(escape_unprintable(self._title), style="italic")
        if any(column.heading for column in self._columns):
            yield self._draw([self._build_heading()], layout, style="bold")
        together: list[_Row] = []
        for row in self._rows:
            together.append(row)
            below = list(self._list_below(row, layout))
            if below:
                yield self._draw(together, layout)
                yield from map(_indent, below)
                together = []
        if together:
            yield self._draw(together, layout)

    def _choose_layout(self, width: int) -> _Layout:
        kept = list(range(len(self._columns)))
        best = {place: self._measure(place)[1] for place in kept}
        if beside := self._find_sentence_width(width - _add_up(best.values(), self._gap)):
            return _Layout(best, self._gap, beside)
        for gap in (self._gap, 1):
            if _add_up((self._measure(place)[0] for place in kept), gap) <= width:
                return self._fit(kept, gap, width=width)
        leaving = sorted(kept[1:], key=lambda place: (-self._columns[place].rank, -place))
        sizes = {place: self._measure(place, longest_word=_LONGEST_WORD)[0] for place in kept}
        while leaving and _add_up(sizes.values(), 1) > width:
            del sizes[leaving.pop(0)]
        return self._fit(list(sizes), 1, width=width, longest_word=_LONGEST_WORD)

    def _fit(
        self, kept: Sequence[int], gap: int, *, width: int, longest_word: int | None = None
    ) -> _Layout:
        sizes = {place: self._measure(place, longest_word=longest_word) for place in kept}
        room = width - _add_up((least for least, _ in sizes.values()), gap)
        return _Layout(_share_room(sizes, max(room, 0), width=width), gap)

    def _find_sentence_width(self, left: int) -> int:
        """Return the width of a column of sentences, 0 where too few of them would fit on one line."""
        said = [row.sentence_width for row in self._rows if row.sentences]
        fitting = sum(length <= left - self._gap for length in said)
        return left - self._gap if said and fitting >= _FITTING_SHARE * len(said) else 0

    def _measure(self, place: int, *, longest_word: int | None = None) -> tuple[int, int]:
        """Return the least and the best width of a column, cells with a longer word left out."""
        column, cells = self._columns[place], [row.cells[place] for row in self._rows]
        if longest_word is not None:
            cells = [cell for cell in cells if _measure_word(cell.plain) <= longest_word]
        best = max((cell.cell_len for cell in cells), default=0)
        least = best
        if not column.is_figure:
            longest = max((_measure_word(cell.plain) for cell in cells), default=0)
            least = max(longest, min(best, _NARROWEST_TEXT))
        heading = Text(column.heading)
        return max(least, _measure_word(heading.plain)), max(best, heading.cell_len)

    def _build_heading(self) -> _Row:
        cells = tuple(Text(escape_unprintable(column.heading)) for column in self._columns)
        return _Row(cells, (Text(self._heading),) if self._heading else ())

    def _list_below(self, row: _Row, layout: _Layout) -> Iterator[Text | Table]:
        """Yield what has no room beside the row: the cells that left, with their headings, then sentences."""
        pairs = [
            _name_cell(column.heading, cell)
            for place, (column, cell) in enumerate(zip(self._columns, row.cells, strict=True))
            if not layout.holds(place, cell) and cell.plain not in _EMPTY
        ]
        if pairs:
            yield Text(" · ").join(pairs)
        if row.sentence_width > layout.sentence_width:
            several = len(row.sentences) > 1
            yield from (render_bullet(text) if several else text for text in row.sentences)

    def _draw(self, rows: Sequence[_Row], layout: _Layout, *, style: str = "") -> Table:
        table = Table(
            box=None, show_header=False, pad_edge=False, padding=(0, layout.gap, 0, 0), style=style
        )
        for place, width in layout.widths.items():
            is_figure = self._columns[place].is_figure
            table.add_column(width=width, justify="right" if is_figure else "left", overflow="fold")
        if layout.sentence_width:
            table.add_column(width=layout.sentence_width, overflow="fold")
        for row in rows:
            cells = [
                row.cells[place] if layout.holds(place, row.cells[place]) else ""
                for place in layout.widths
            ]
            fits = row.sentence_width <= layout.sentence_width
            beside = [Text("\n").join(row.sentences if fits else ())] * bool(layout.sentence_width)
            table.add_row(*cells, *beside)
        return table


def _add_up(widths: Iterable[int], gap: int) -> int:
    """Return the width of columns side by side."""
    return sum(width + gap for width in widths) - gap


def _share_room(sizes: dict[int, tuple[int, int]], room: int, *, width: int) -> dict[int, int]:
    """Return each column's width: its least, and what it needs more as far as there is room, the neediest last."""
    widths = {place: min(least, width) for place, (least, _) in sizes.items()}
    needs = {place: best - least for place, (least, best) in sizes.items() if best > least}
    for waiting, place in zip(
        range(len(needs), 0, -1), sorted(needs, key=needs.__getitem__), strict=True
    ):
        given = min(needs[place], room // waiting)
        widths[place] += given
        room -= given
    return widths


def _name_cell(heading: str, cell: Text) -> Text:
    name = Text(f"{escape_unprintable(heading)} " if heading else "", style="dim")
    return Text.assemble(name, cell)


def _indent(below: Text | Table) -> RenderableType:
    if isinstance(below, Text) and below.no_wrap:  # a path that people copy; padding would crop it
        return Text.assemble(" " * _INDENT, below, no_wrap=True, overflow="ignore")
    return Padding(below, (0, 0, 0, _INDENT), expand=False)


def _to_text(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(escape_unprintable(cell))


def _measure_word(text: str) -> int:
    return max((Text(word).cell_len for word in text.split()), default=0)
