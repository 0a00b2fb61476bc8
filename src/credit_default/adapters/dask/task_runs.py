"""Run one function on each of many partitions, wherever there is a worker, and return the results in order.

A partition whose worker dies is given to another. One that costs several workers their lives, as one that needs more memory
than they have, is split.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Protocol, Self, TypeVar

from credit_default.adapters.dask.worker_facts import read_facts, require_same_facts
from credit_default.errors import ServiceError

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_Part = TypeVar("_Part", bound="Divisible")
_Reduced = TypeVar("_Reduced")


class Divisible(Protocol):
    """A partition: a piece of the work that can be made smaller."""

    @property
    def name(self) -> str:
        """Return what it holds, as messages say it."""

    def split(self) -> Sequence[Self]:
        """Return two halves, in order; empty where it cannot be split."""


class Cluster:
    """A connected cluster.

    Attributes:
        notes: What people should know of its work: which partitions were split.
    """

    def __init__(self, client: Any, thing: str) -> None:
        self.notes: list[str] = []
        self._client, self._thing = client, thing

    @property
    def worker_count(self) -> int:
        """Return the number of workers that are there now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def run_each(
        self, function: Callable[..., _Result], parts: Sequence[_Part], *shared: Any
    ) -> list[_Result]:
        """Return the function's result for each part, in the order of the parts; a part that was split has several.

        Args:
            function: Called with a part and all of `shared`. It may be called again after a worker died, so it must give
                the same result each time.
            parts: The parts.
            shared: What all calls need; it is sent to each worker once.

        Raises:
            CreditDefaultError: What the function raised, for the first part for which it did.
            ServiceError: The cluster went away, or a part cost several workers their lives and cannot be split.
        """
        with self._cancelled_at_end() as held:
            futures = self._run(function, parts, shared, held)
            return [self._take(future) for future in futures]

    def run_and_shuffle(
        self,
        function: Callable[..., tuple[_Result, Sequence[Any]]],
        parts: Sequence[_Part],
        *shared: Any,
        reduce: Callable[[Sequence[Any]], _Reduced],
        bucket_count: int,
    ) -> tuple[list[_Result], list[_Reduced]]:
        """Run the function on each part, and `reduce` on the n-th buckets of all parts, for each n.

        Args:
            function: As of `run_each`; returns its result for the part, and `bucket_count` buckets, which stay with the
                workers.
            parts: The parts.
            shared: As of `run_each`.
            reduce: Called with the n-th bucket of each part.
            bucket_count: How many buckets each part gives.

        Returns:
            The results of the parts in order, and those of the buckets in order.

        Raises:
            CreditDefaultError: As `run_each`.
            ServiceError: As `run_each`.
        """
        with self._cancelled_at_end() as held:
            futures = self._run(function, parts, shared, held)
            firsts = self._client.map(itemgetter(0), futures, pure=False)
            held.extend(firsts)
            reduced = []
            for number in range(bucket_count):
                picked = self._client.map(_pick_bucket, futures, number=number, pure=False)
                reduced.append(self._client.submit(_call, reduce, picked, pure=False))
                held.extend([*picked, reduced[-1]])
            return [self._take(first) for first in firsts], [self._take(one) for one in reduced]

    def _run(
        self, function: Callable[..., Any], parts: Sequence[Any], shared: Any, held: list[Any]
    ) -> list[Any]:
        """Return the finished futures of all parts, those of a part that had to be split in its place."""
        sent = self._client.submit(_keep, shared, pure=False)
        ours = read_facts()
        held.append(sent)

        def submit(part: Any) -> Any:
            held.append(self._client.submit(_run_part, function, part, sent, ours, pure=False))
            return part, held[-1]

        waiting, done = [submit(part) for part in parts], []
        while waiting:
            part, future = waiting.pop(0)
            if self._outlived_workers(future):
                halves = self._split(part)
                waiting = [*(submit(half) for half in halves), *waiting]
            else:
                self._take(future, keep=True)
                done.append(future)
        return done

    def _outlived_workers(self, future: Any) -> bool:
        from distributed import KilledWorker

        with self._translated():
            return isinstance(future.exception(), KilledWorker)

    def _split(self, part: Any) -> Sequence[Any]:
        halves: Sequence[Any] = part.split()
        if not halves:
            raise ServiceError(
                f"{part.name} on {self._thing}",
                found="several workers that ended over it, one after the other",
                expected="enough memory for a partition that is not split any further",
                remedy="Give the workers more memory, or write the batch in smaller parts.",
            )
        note = f"{part.name} was split: workers ended over it, as they do when their memory is not enough"
        self.notes.append(note)
        _LOG.warning("split partition part=%s", part.name)
        return halves

    def _take(self, future: Any, *, keep: bool = False) -> Any:
        """Return the result; with `keep` only wait for it, and raise what the function raised."""
        with self._translated():
            if not keep:
                return future.result()
            if (error := future.exception()) is not None:
                raise error
            return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        try:
            yield
        except (CancelledError, CommClosedError, KilledWorker, TimeoutError) as error:
            raise ServiceError(
                self._thing,
                found=f"a cluster that went away ({type(error).__name__})",
                expected="a scheduler and workers that stay until the batch is done",
                remedy="Run the command again; nothing was committed.",
            ) from error

    @contextmanager
    def _cancelled_at_end(self) -> Iterator[list[Any]]:
        """Yield a list of futures, all of which are given up when the block ends: also what still runs after an error."""
        held: list[Any] = []
        try:
            yield held
        finally:
            for future in held:
                future.release()


def _run_part(
    function: Callable[..., _Result], part: Any, shared: Sequence[Any], driver: dict[str, str]
) -> _Result:
    """Run the function in a worker, which may have joined after the workers were looked at."""
    require_same_facts(driver, read_facts(), name="of this batch")
    return function(part, *shared)


def _keep(shared: Any) -> Any:
    return shared


def _pick_bucket(found: tuple[Any, Sequence[Any]], *, number: int) -> Any:
    return found[1][number]


def _call(function: Callable[[Sequence[Any]], _Reduced], buckets: Sequence[Any]) -> _Reduced:
    return function(buckets)
