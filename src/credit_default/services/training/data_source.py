"""Find the statements with known outcomes to train on: a named file, the public data set, or the simulator."""

import logging
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.host.given_paths import resolve_file, resolve_folder
from credit_default.adapters.public_data.dataset_download import fetch_public_data, is_public_data
from credit_default.addresses import find_proxy
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.credit_card.public_data import PUBLIC_MONTH
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError, ServiceError
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import DEFAULT_PORTFOLIO
from credit_default.settings import Settings, copy_environment

_LOG = logging.getLogger(__name__)

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class SimulationPolicy:
    """The simulated portfolio that is used where there is no real one: some months of the same clients."""

    client_count: int = 5_000
    month_count: int = 3


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of statements with outcomes."""

    path: Path
    month: str | None  # YYYY-MM, of rows without one of their own; None where they have one
    origin: str  # where the file comes from, for people to read
    notes: tuple[str, ...] = ()  # what people should know about it


@dataclass(frozen=True, slots=True)
class NoRealData:
    """Simulated data are to be used: they were asked for, or the download failed (then `notes` say why)."""

    notes: tuple[str, ...] = ()


def find_data(settings: Settings) -> DataFile | NoRealData:
    """Return the real file that `settings.data` names; the public data set is downloaded.

    Raises:
        InputError: A file is named and does not exist.
    """
    if settings.data == SIMULATED:
        return NoRealData()
    if (named := find_named_file(settings)) is not None:
        return named
    try:
        public = fetch_public_data(
            cache=_find_cache(settings),
            uci_url=settings.public_data.uci_url,
            openml_url=settings.public_data.openml_url,
            timeout_seconds=settings.public_data.timeout_seconds,
        )
    except ServiceError as error:
        _LOG.warning("could not download the public data set, simulated data are used instead")
        note = "the public data set could not be downloaded, SIMULATED data are used instead"
        return NoRealData((f"{note} ({_explain(error, settings.public_data.uci_url)})",))
    return DataFile(public.path, None, f"the public data set ({public.source})")


def _explain(error: ServiceError, url: str) -> str:
    """Return why the download failed: an unsupported proxy, which the network's own message does not name, or that."""
    proxy = find_proxy(url, copy_environment())
    if proxy is None or proxy.is_supported:
        return error.found
    return f"{proxy.variable} names {proxy.shown}, and SOCKS is not supported"


def fetch_data(settings: Settings, *, policy: SimulationPolicy = SimulationPolicy()) -> DataFile:
    """Return the file that `settings.data` names, or one from the simulator where there is no real one.

    Raises:
        InputError: A file is named and does not exist, or none is named and the portfolio is not the
            built-in one.
    """
    require_data_of_portfolio(settings)
    found = find_data(settings)
    if isinstance(found, NoRealData):
        found = _simulate_file(settings, policy, found.notes)
    _LOG.info("found training data path=%s", found.path)
    return found


def find_named_file(settings: Settings) -> DataFile | None:
    """Return the file that `settings.data` names; None where it names the public or simulated data.

    Raises:
        InputError: The file does not exist.
    """
    if settings.data in {PUBLIC, SIMULATED}:
        return None
    require_existing_data_file(settings)
    return _build_data_file(settings.data)


def require_existing_data_file(settings: Settings) -> None:
    """Check that the file which `settings.data` names exists, if it names one.

    Raises:
        InputError: It does not exist.
    """
    if (
        settings.data not in {PUBLIC, SIMULATED}
        and not resolve_file(settings.data, thing="data").exists()
    ):
        raise InputError(
            f"data {settings.data}",
            found="no such file",
            expected="public, simulated, or the path of a file",
            remedy="Check --data or CREDIT_DEFAULT_DATA.",
        )


def require_data_of_portfolio(settings: Settings) -> None:
    """Check that a file is named, or the portfolio is the built-in one, which is published and simulated.

    Raises:
        InputError: Neither is so.
    """
    if settings.data in {PUBLIC, SIMULATED} and settings.portfolio != DEFAULT_PORTFOLIO:
        raise InputError(
            f"data {settings.data}",
            found=f"clients of portfolio {DEFAULT_PORTFOLIO!r}",
            expected=f"a file of portfolio {settings.portfolio}",
            remedy="Name one with --data or CREDIT_DEFAULT_DATA.",
        )


def _build_data_file(name: str) -> DataFile:
    path = resolve_file(name, thing="data")
    # The public data set has no months; a copy of it is recognised by its content, whatever its name.
    return DataFile(path, PUBLIC_MONTH if is_public_data(path) else None, str(path))


def _find_cache(settings: Settings) -> Path:
    return resolve_folder(settings.cache, thing="setting cache")


def _simulate_file(
    settings: Settings, policy: SimulationPolicy, notes: tuple[str, ...]
) -> DataFile:
    cache = _find_cache(settings)
    cache.mkdir(parents=True, exist_ok=True)
    months = simulate(
        client_count=policy.client_count, month_count=policy.month_count, seed=settings.seed
    )
    rows = pl.concat(
        [m.statements.join(m.outcomes.select(*KEY, OUTCOME), on=KEY, how="left") for m in months]
    )
    size = f"{policy.client_count}x{policy.month_count}"
    path = cache / f"simulated-{size}-seed{settings.seed}.parquet"
    write_table(rows, path)
    return DataFile(path, None, "the simulator", notes)
