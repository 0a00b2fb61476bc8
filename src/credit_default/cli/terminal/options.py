"""The options that several commands take, each declared once.

`shared_options` passes the first group of them to a command as one value; the others are named in
the command's signature by their alias here.
"""

from typing import Annotated, Literal

import typer

Lake = Annotated[
    str | None,
    typer.Option(
        "--lake", help="A folder or s3://bucket/prefix.  [default: ./lake]", show_default=False
    ),
]
Portfolio = Annotated[
    str | None,
    typer.Option(
        "--portfolio", help="credit-card, or a TOML file that declares another.", show_default=False
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        help="Seed of intervals and of simulated clients; recipe.seed is the forest's.",
        show_default=False,
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
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option(
        "--log-level",
        help="Write log lines from this level upwards to standard error.",
        show_default=False,
    ),
]
LogFormat = Annotated[
    Literal["text", "json"] | None,
    typer.Option("--log-format", help="Log lines as text or as JSON objects.", show_default=False),
]
Traceback = Annotated[
    bool,
    typer.Option(
        "--traceback", help="Print an unexpected error's traceback, in place of a log file."
    ),
]

Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="public, simulated, or a file with outcomes.  [default: public]",
        show_default=False,
    ),
]
Month = Annotated[
    str | None,
    typer.Option(
        "--month", help="YYYY-MM, for files without a statement_month column.", show_default=False
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        help="The sheet of a workbook.  [default: the visible one with the header]",
        show_default=False,
    ),
]
Decimal = Annotated[
    str | None,
    typer.Option(
        "--decimal", help='The mark before decimals, as in --decimal ",".', show_default=False
    ),
]
Thousands = Annotated[
    str | None,
    typer.Option(
        "--thousands",
        help="The mark between thousands: a point, comma, blank or apostrophe.",
        show_default=False,
    ),
]
Corrects = Annotated[
    str | None,
    typer.Option(
        "--corrects",
        help="The batch whose rejected rows this file corrects.",
        show_default=False,
    ),
]
Report = Annotated[
    Literal["later", "now", "none"] | None,
    typer.Option(
        "--report",
        help="Draw the report's page later (by a process of its own), now, or none.  [default: later]",
        show_default=False,
    ),
]
Reasons = Annotated[
    Literal["auto", "all", "none"] | None,
    typer.Option(
        "--reasons",
        help="Reasons for declined clients: auto (the first 1,000,000), all or none.  [default: auto]",
        show_default=False,
    ),
]
Engine = Annotated[
    Literal["local", "dask"] | None,
    typer.Option(
        "--engine",
        help="local, or dask: as many processes as jobs, or a cluster.  [default: local]",
        show_default=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tls://HOST:PORT",
        help="The Dask cluster to use with --engine dask.",
        show_default=False,
    ),
]
