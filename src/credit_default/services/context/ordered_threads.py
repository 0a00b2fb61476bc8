"""Do the same to each of many parts on several threads, and hand out the results in the parts' own order.

Only a few parts are under way at once, so that memory does not grow with their number. Where a caller takes no more, nothing
waits for the threads: the garbage collector may be what ends these generators, on any thread, the threads' own included.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def map_in_order(
    act: Callable[[Part], Result], parts: Iterable[Part], *, jobs: int
) -> Iterator[Result]:
    """Yield `act(part)` of each part, in order.

    The parts are drawn by the caller's own thread, at most `jobs` ahead of the result that is
    wanted. With one job everything is done there. What `act` or the parts raise is raised here,
    after the parts under way have ended.

    Args:
        act: What is done to a part; called on up to `jobs` threads at once.
        parts: The parts.
        jobs: How many threads there are.
    """
    if jobs == 1:
        yield from map(act, parts)
        return
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="parts")
    try:
        for part in parts:
            waiting.append(pool.submit(act, part))
            if len(waiting) > jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def read_ahead(parts: Iterable[Part], *, jobs: int) -> Iterator[Part]:
    """Yield the parts, the next of which is drawn on a thread of its own while the caller works on this one.

    What the parts raise is raised here. With one job they are drawn by the caller.

    Args:
        parts: The parts, of which none is None.
        jobs: How many threads may be at work, the caller's own included.
    """
    if jobs == 1:
        yield from parts
        return
    drawn = (part for part in parts)
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    ahead = pool.submit(next, drawn, None)
    try:
        while (part := ahead.result()) is not None:
            ahead = pool.submit(next, drawn, None)
            yield part
    finally:
        ahead.add_done_callback(lambda _: drawn.close())
        pool.shutdown(wait=False)
