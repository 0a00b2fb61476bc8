"""Check that everything the commands need is reachable: the command `doctor`.

Each part is used or contacted. Where one does not answer, its verdict says what to do.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from types import MappingProxyType
from typing import Final

from credit_default.adapters.kernel.machine_code import load_kernel
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.adapters.tables.schemas import TABLES
from credit_default.environment import judge_inherited
from credit_default.errors import CreditDefaultError, hide_credentials
from credit_default.gates.verdict import Verdict
from credit_default.named_services import describe_proxies
from credit_default.services.champion.current import require_own_registry
from credit_default.services.context.wiring import Wiring
from credit_default.services.operations.service_checks import (
    check_deployments,
    check_evidently,
    check_mlflow,
    check_prefect,
    check_queue,
)
from credit_default.settings import find_services
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)
_LIBRARIES = ("mlflow", "prefect", "evidently", "scikit-learn", "polars", "deltalake", "boto3")
_NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})


def diagnose(wiring: Wiring, *, environment: Mapping[str, str] = _NO_VARIABLES) -> Summary:
    """Check each part and return one verdict a part; the exit code is 3 when a needed part does not answer.

    Args:
        wiring: The parts.
        environment: The environment as the shell handed it over; what it changes is listed.
    """
    parts: dict[str, Callable[[Wiring], Verdict]] = {
        "lake": _check_lake,
        "mlflow": check_mlflow,
        "prefect": check_prefect,
        "deployments": check_deployments,
        "evidently": check_evidently,
        "queue": check_queue,
        "champion": _check_champion,
        "libraries": _list_library_versions,
        "kernel": _check_kernel,
        "proxies": partial(_list_proxies, environment=environment),
        "environment": partial(_list_inherited_variables, environment=environment),
    }
    verdicts = tuple(_check_part(name, check, wiring) for name, check in parts.items())
    failed = [verdict.gate for verdict in verdicts if not verdict.passed]
    return Summary(
        "doctor",
        f"{', '.join(failed)} cannot be reached" if failed else "all well",
        exit_code=3 if failed else 0,
        verdicts=verdicts,
    )


def _check_part(name: str, check: Callable[[Wiring], Verdict], wiring: Wiring) -> Verdict:
    try:
        verdict = check(wiring)
    except CreditDefaultError as error:
        verdict = Verdict(name, "alarm", (str(error),))
    _LOG.info("checked part name=%s level=%s", name, verdict.level)
    return replace(verdict, reasons=tuple(map(hide_credentials, verdict.reasons)))


def _check_lake(wiring: Wiring) -> Verdict:
    lake = wiring.lake
    probe = f"probe-{uuid.uuid4().hex}"
    lake.storage.write_object(probe, b"written by credit-default doctor")
    lake.storage.delete_object(probe)
    return Verdict("lake", "ok", (f"{lake.uri}, writable; {', '.join(_count_rows(wiring))}",))


def _count_rows(wiring: Wiring) -> Iterator[str]:
    import polars as pl

    for name in TABLES:
        counted = collect_rows(wiring.lake, scan_table(wiring.lake, name).select(pl.len()))
        yield f"{name} {counted.item():,} rows"


def _check_champion(wiring: Wiring) -> Verdict:
    champion = wiring.registry.find_champion()
    if champion is None:
        require_own_registry(wiring)
        return Verdict("champion", "ok", ("none yet: train one with `credit-default train`",))
    wiring.registry.load_version(champion)
    reason = f"version {champion.number}, digest {champion.digest[:12]}, verified"
    return Verdict("champion", "ok", (reason,))


def _list_library_versions(_wiring: Wiring) -> Verdict:
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return Verdict("libraries", "ok", (versions,))


def _check_kernel(_wiring: Wiring) -> Verdict:
    if load_kernel() is not None:
        return Verdict("kernel", "ok", ("compiled: trees are walked as machine code",))
    reason = (
        "not compiled: scikit-learn walks the trees, with the same scores, in about five times the time; run "
        "`python -m credit_default.adapters.kernel.compilation` as the user who installed the package"
    )
    return Verdict("kernel", "watch", (reason,))


def _list_proxies(wiring: Wiring, *, environment: Mapping[str, str]) -> Verdict:
    lines, all_supported = describe_proxies(environment, find_services(wiring.settings))
    return Verdict("proxies", "ok" if all_supported else "watch", lines)


def _list_inherited_variables(wiring: Wiring, *, environment: Mapping[str, str]) -> Verdict:
    return judge_inherited(environment, find_services(wiring.settings))
