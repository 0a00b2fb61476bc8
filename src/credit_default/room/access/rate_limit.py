"""Limit how often signing in may fail, for a name and for an address, in a bounded amount of memory."""

import datetime as dt
import threading
from collections import OrderedDict, deque
from typing import Final

_MOST_KEYS: Final = 10_000


class AttemptLimit:
    """Lets each key have so many attempts in so many seconds; the keys that were quiet for longest are forgotten first."""

    def __init__(self, most: int, *, seconds: float, most_keys: int = _MOST_KEYS) -> None:
        self._most, self._seconds, self._most_keys = most, seconds, most_keys
        self._attempts: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._attempts)

    def take(self, key: str, *, now: dt.datetime) -> float:
        """Count an attempt and return 0, or return the seconds to wait until the next one is allowed."""
        moment = now.timestamp()
        with self._lock:
            times = self._attempts.setdefault(key, deque(maxlen=self._most))
            self._attempts.move_to_end(key)
            while times and times[0] <= moment - self._seconds:
                times.popleft()
            if len(times) == self._most:
                return times[0] + self._seconds - moment
            times.append(moment)
            while len(self._attempts) > self._most_keys:
                self._attempts.popitem(last=False)
            return 0.0

    def forget(self, key: str) -> None:
        """Forget the attempts of this key: the last one was right."""
        with self._lock:
            self._attempts.pop(key, None)
