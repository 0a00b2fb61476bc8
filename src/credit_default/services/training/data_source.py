"""Where statements with known outcomes come from: a file that was named, the public data set, or the simulator."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.public_data.dataset_download import fetch_public_data, is_public_data
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.credit_card.public_data import PUBLIC_MONTH
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError, ServiceError
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import DEFAULT_PORTFOLIO
from credit_default.settings import Settings

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class SimulationPolicy:
    """The portfolio that stands in where there is no real one: three months of the same clients to learn from."""

    client_count: int = 5_000
    month_count: int = 3


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of statements with outcomes, the month of rows without one of their own, and what a person should know."""

    path: Path
    month: str | None
    origin: str  # where it came from, in words
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoRealData:
    """There is no file: simulated data were asked for, or nothing else could be had (then `notes` say why)."""

    notes: tuple[str, ...] = ()


def find_data(settings: Settings) -> DataFile | NoRealData:
    """The real file that `settings.data` names, fetched when it is the public one.

    Raises:
        InputError: a file is named and is not there.
    """
    if settings.data == SIMULATED:
        return NoRealData()
    if settings.data != PUBLIC:
        require_existing_data_file(settings)
        return _build_data_file(settings.data)
    try:
        public = fetch_public_data(
            cache=Path(settings.cache),
            uci_url=settings.public_data.uci_url,
            openml_url=settings.public_data.openml_url,
            timeout_seconds=settings.public_data.timeout_seconds,
        )
    except ServiceError as error:
        return NoRealData(
            (
                f"the public data set could not be had, the data are SIMULATED instead ({error.found})",
            )
        )
    return DataFile(public.path, None, f"the public data set ({public.source})")


def fetch_data(settings: Settings, *, policy: SimulationPolicy = SimulationPolicy()) -> DataFile:
    """The file that `settings.data` names, or one that the simulator makes where there is no real one.

    Raises:
        InputError: a file is named and is not there, or none is and the portfolio is not the built-in one.
    """
    _require_data_of_portfolio(settings)
    found = find_data(settings)
    return _simulate_file(settings, policy, found.notes) if isinstance(found, NoRealData) else found


def require_existing_data_file(settings: Settings) -> None:
    """Nothing; returns when `settings.data` names no file, or one that is there.

    Raises:
        InputError: it is not there.
    """
    if settings.data not in {PUBLIC, SIMULATED} and not Path(settings.data).expanduser().exists():
        raise InputError(
            f"data {settings.data}",
            found="no such file",
            expected="public, simulated, or the path of a file",
            remedy="Check --data or CREDIT_DEFAULT_DATA.",
        )


def _require_data_of_portfolio(settings: Settings) -> None:
    """Nothing; returns when a file is named, or the portfolio is the one that is published and simulated."""
    if settings.data in {PUBLIC, SIMULATED} and settings.portfolio != DEFAULT_PORTFOLIO:
        raise InputError(
            f"data {settings.data}",
            found=f"clients of portfolio {DEFAULT_PORTFOLIO!r}",
            expected=f"a file of portfolio {settings.portfolio}",
            remedy="Name one with --data or CREDIT_DEFAULT_DATA.",
        )


def _build_data_file(name: str) -> DataFile:
    path = Path(name).expanduser()
    # The public data set has no months; a copy of it is known by its content, whatever its name and form.
    return DataFile(path, PUBLIC_MONTH if is_public_data(path) else None, str(path))


def _simulate_file(
    settings: Settings, policy: SimulationPolicy, notes: tuple[str, ...]
) -> DataFile:
    Path(settings.cache).mkdir(parents=True, exist_ok=True)
    months = simulate(
        client_count=policy.client_count, month_count=policy.month_count, seed=settings.seed
    )
    rows = pl.concat(
        [m.statements.join(m.outcomes.select(*KEY, OUTCOME), on=KEY, how="left") for m in months]
    )
    path = (
        Path(settings.cache)
        / f"simulated-{policy.client_count}x{policy.month_count}-seed{settings.seed}.parquet"
    )
    write_table(rows, path)
    return DataFile(path, None, "the simulator", notes)
