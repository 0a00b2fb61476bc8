"""The cluster that the settings ask for, held open for the length of a command or a flow run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from credit_default.adapters.dask.cluster import open_cluster
from credit_default.adapters.dask.request import ClusterRequest
from credit_default.adapters.dask.task_runs import Cluster
from credit_default.services.context.wiring import Wiring

_MEBIBYTE: Final = 1 << 20
_open_clusters: dict[
    str, Cluster
] = {}  # by the settings that asked for each, for as long as its block lasts


@contextmanager
def open_engine(wiring: Wiring) -> Iterator[None]:
    """Hold the cluster of the settings open during the block; do nothing where the engine is this process alone.

    Inside a block of the same settings, it is that block's cluster.

    Raises:
        SetupError: As `open_cluster`.
        ServiceError: As `open_cluster`.
    """
    key = _name_engine(wiring)
    if wiring.settings.engine.name == "local" or key in _open_clusters:
        yield
        return
    with open_cluster(_build_request(wiring)) as cluster:
        _open_clusters[key] = cluster
        try:
            yield
        finally:
            del _open_clusters[key]


def find_engine(wiring: Wiring) -> Cluster | None:
    """Return the open cluster of these settings; None where this process does the work alone."""
    return _open_clusters.get(_name_engine(wiring))


def _name_engine(wiring: Wiring) -> str:
    return f"{wiring.settings.jobs} {wiring.settings.engine.model_dump_json()}"


def _build_request(wiring: Wiring) -> ClusterRequest:
    engine = wiring.settings.engine
    return ClusterRequest(
        scheduler=engine.scheduler,
        process_count=wiring.settings.jobs,
        scratch=wiring.scratch,
        memory_bytes=engine.worker_mebibytes * _MEBIBYTE,
        answer_seconds=engine.answer_seconds,
        tls_authority=engine.tls_authority,
        tls_certificate=engine.tls_certificate,
        tls_key=engine.tls_key,
    )
