"""Is everything reachable? Each part is asked for real, and what does not answer comes with what to do."""

import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import version

import httpx

from credit_default.adapters.lake_tables import collect_rows, scan_table
from credit_default.adapters.table_schemas import TABLES
from credit_default.errors import CreditDefaultError, ServiceError, hide_credentials
from credit_default.gates.verdict import Verdict
from credit_default.services.wiring import Wiring
from credit_default.views.summary import Summary

_LIBRARIES = ("mlflow", "prefect", "evidently", "scikit-learn", "polars", "deltalake", "boto3")


def diagnose(wiring: Wiring) -> Summary:
    """One verdict a part; exit code 3 when one that is needed does not answer."""
    parts: dict[str, Callable[[Wiring], str]] = {
        "lake": _look_at_lake,
        "mlflow": _look_at_mlflow,
        "prefect": _look_at_prefect,
        "champion": _look_at_champion,
        "libraries": _look_at_libraries,
    }
    verdicts = tuple(_examine(name, look, wiring) for name, look in parts.items())
    failed = [verdict.gate for verdict in verdicts if not verdict.passed]
    return Summary(
        "doctor", f"{', '.join(failed)} out of reach" if failed else "all well", exit_code=3 if failed else 0,
        verdicts=verdicts,
    )  # fmt: skip


def _examine(name: str, look: Callable[[Wiring], str], wiring: Wiring) -> Verdict:
    try:
        return Verdict(name, "ok", (hide_credentials(look(wiring)),))
    except CreditDefaultError as error:
        return Verdict(name, "alarm", (str(error),))


def _look_at_lake(wiring: Wiring) -> str:
    lake = wiring.lake
    probe = f"probe-{uuid.uuid4().hex}"
    lake.storage.write_object(probe, b"may this be written?")
    lake.storage.delete_object(probe)
    return f"{lake.uri}, writable; {', '.join(_count_rows(wiring))}"


def _count_rows(wiring: Wiring) -> Iterator[str]:
    import polars as pl

    for name in TABLES:
        yield f"{name} {collect_rows(wiring.lake, scan_table(wiring.lake, name).select(pl.len())).item():,} rows"


def _look_at_mlflow(wiring: Wiring) -> str:
    versions = wiring.registry.list_versions()
    return f"{wiring.tracking.tracking_uri}: {len(versions)} registered versions"


def _look_at_champion(wiring: Wiring) -> str:
    champion = wiring.registry.find_champion()
    if champion is None:
        return "none yet: train one with `credit-default train`"
    wiring.registry.load_version(champion)
    return f"version {champion.number}, digest {champion.digest[:12]}, verified"


def _look_at_prefect(wiring: Wiring) -> str:
    url = wiring.settings.prefect.api_url
    if not url:
        return "no server named: each command starts and ends its own"
    try:
        answer = httpx.get(f"{url.rstrip('/')}/admin/version", timeout=5)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise ServiceError(
            f"Prefect at {url}", found=str(error) or type(error).__name__, expected="an answer from its API",
            remedy="Start it with `prefect server start`, or unset PREFECT_API_URL.",
        ) from error  # fmt: skip
    return f"{url}: version {answer.text.strip(chr(34))}"


def _look_at_libraries(_wiring: Wiring) -> str:
    return ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
