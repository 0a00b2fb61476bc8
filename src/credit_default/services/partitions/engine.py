"""The cluster that the settings ask for, held open for the length of a command or a flow run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from credit_default.adapters.dask.cluster import open_cluster
from credit_default.adapters.dask.request import ClusterRequest
from credit_default.adapters.dask.task_runs import Cluster
from credit_default.services.context.wiring import Wiring

_MEBIBYTE: Final = 1 << 20
# by what was asked of each, for as long as its block lasts
_open_clusters: dict[ClusterRequest, Cluster] = {}


@contextmanager
def open_engine(wiring: Wiring) -> Iterator[None]:
    """Hold the cluster of the settings open during the block; do nothing where the engine is this process alone.

    Inside a block that asks for the same cluster, it is that block's.

    Raises:
        SetupError: As `open_cluster`.
        ServiceError: As `open_cluster`.
    """
    if wiring.settings.engine.name == "local" or find_engine(wiring) is not None:
        yield
        return
    request = _build_request(wiring)
    with open_cluster(request, scratch=wiring.scratch) as cluster:
        _open_clusters[request] = cluster
        try:
            yield
        finally:
            del _open_clusters[request]


def find_engine(wiring: Wiring) -> Cluster | None:
    """Return the open cluster of these settings; None where this process does the work alone."""
    if wiring.settings.engine.name == "local":
        return None
    return _open_clusters.get(_build_request(wiring))


def take_engine_notes(wiring: Wiring) -> tuple[str, ...]:
    """Return what people should know of the cluster's work since this was last asked."""
    cluster = find_engine(wiring)
    if cluster is None:
        return ()
    notes, cluster.notes = tuple(cluster.notes), []
    return notes


def _build_request(wiring: Wiring) -> ClusterRequest:
    engine = wiring.settings.engine
    return ClusterRequest(
        scheduler=engine.scheduler,
        process_count=wiring.settings.jobs,
        memory_bytes=engine.worker_mebibytes * _MEBIBYTE,
        answer_seconds=engine.answer_seconds,
        tls_authority=engine.tls_authority,
        tls_certificate=engine.tls_certificate,
        tls_key=engine.tls_key,
    )
