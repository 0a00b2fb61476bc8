"""The options that several commands share, declared once."""

from typing import Annotated, Any, Literal

import typer

Lake = Annotated[
    str | None,
    typer.Option(
        "--lake", help="A folder or s3://bucket/prefix.  [default: ./lake]", show_default=False
    ),
]
Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config", help="A TOML file with settings; may be repeated.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result only, no progress.")]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        help="Seed of intervals and of simulated clients; recipe.seed is the forest's.",
        show_default=False,
    ),
]
Month = Annotated[
    str | None,
    typer.Option(
        "--month", help="YYYY-MM, for files without a statement_month column.", show_default=False
    ),
]
Corrects = Annotated[
    str | None,
    typer.Option(
        "--corrects",
        help="The batch whose rejected rows come again, corrected.",
        show_default=False,
    ),
]
Portfolio = Annotated[
    str | None,
    typer.Option(
        "--portfolio", help="credit-card, or a TOML file that declares another.", show_default=False
    ),
]
Reasons = Annotated[
    Literal["auto", "all", "none"] | None,
    typer.Option(
        "--reasons",
        help="Reasons for declined clients: auto (the first 50,000), all or none.  [default: auto]",
        show_default=False,
    ),
]


def collect_flags(**flags: Any) -> dict[str, Any]:
    """The flags that were given, by the names that settings go by."""
    return {name: value for name, value in flags.items() if value is not None}
