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
from credit_default.adapters.lake.pinned_champion import (
    has_complete_pinned_champion,
    read_champion_pointer,
)
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.adapters.tables.schemas import TABLES
from credit_default.environment import judge_inherited
from credit_default.errors import CreditDefaultError, hide_credentials
from credit_default.gates.verdict import Verdict
from credit_default.named_services import describe_proxies
from credit_default.services.champion.current import require_own_registry
from credit_default.services.context.wiring import Wiring
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
    from credit_default.services.operations import (
        service_checks,  # late: a local look needs no server
    )

    services: dict[str, Callable[[Wiring], Verdict]] = {
        "mlflow": service_checks.check_mlflow,
        "prefect": service_checks.check_prefect,
        "deployments": service_checks.check_deployments,
        "evidently": service_checks.check_evidently,
        "queue": service_checks.check_queue,
        "champion": _check_champion,
    }
    here = _list_local_checks(environment)
    return _check_parts(wiring, {"lake": _check_lake, **services, **here})


def diagnose_locally(wiring: Wiring, *, environment: Mapping[str, str]) -> Summary:
    """Check what is on this machine and in the lake, and ask no server, as `diagnose` does.

    Of the champion it is checked that the lake's pinned copy is complete; its content is not verified.
    """
    here = _list_local_checks(environment)
    return _check_parts(wiring, {"lake": _check_lake, "champion": _check_pinned_champion, **here})


def _list_local_checks(
    environment: Mapping[str, str],
) -> dict[str, Callable[[Wiring], Verdict]]:
    return {
        "libraries": _list_library_versions,
        "kernel": _check_kernel,
        "proxies": partial(_list_proxies, environment=environment),
        "environment": partial(_list_inherited_variables, environment=environment),
    }


def _check_parts(wiring: Wiring, parts: Mapping[str, Callable[[Wiring], Verdict]]) -> Summary:
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


def _check_pinned_champion(wiring: Wiring) -> Verdict:
    pointer = read_champion_pointer(wiring.lake)
    if pointer is None:
        return Verdict("champion", "ok", ("none is pinned in the lake; MLflow was not asked",))
    place = f"version {pointer.model_version}, digest {pointer.digest[:12]}"
    if not has_complete_pinned_champion(wiring.lake, pointer):
        return Verdict(
            "champion", "watch", (f"{place}: not every file of the lake's copy is there",)
        )
    reason = f"{place}, pinned in the lake at {pointer.verified_at:%Y-%m-%d %H:%M} UTC; MLflow was not asked"
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
