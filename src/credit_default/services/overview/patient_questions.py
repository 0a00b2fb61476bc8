"""Ask what may answer slowly, and wait for it no longer than a page may wait.

A question is asked by a thread of its own, once at a time. While it is answered anew, the last answer is shown; a page that
has no answer yet says so, and finds it when it looks again.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from credit_default.errors import CreditDefaultError

_THREADS: Final = 8
_FAULT_SECONDS: Final = 2.0  # for which a fault holds at most: what was away may be back
_GLANCE_SECONDS: Final = 0.05  # for a new answer, where there is one that can be shown
_MOST: Final = 64  # questions whose last answer is kept
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """What is known now: a value, or why there is none; neither where the answer is still awaited."""

    value: Value | None = None
    fault: CreditDefaultError | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether there is no answer yet."""
        return self.value is None and self.fault is None


@dataclass(slots=True)
class _Slot:
    lock: Lock = field(default_factory=Lock)
    asked: Future[Any] | None = None
    asked_at: dt.datetime | None = None
    last: Answer[Any] = field(default_factory=Answer)


@dataclass(frozen=True, slots=True)
class Asked(Generic[Value]):
    """A question that was asked, so that other work can be done before its answer is awaited."""

    _slot: _Slot
    _asked: Future[Value]
    _known: Answer[Value]

    def wait(self, *, patience_seconds: float) -> Answer[Value]:
        """Return the answer, the last one while a new one is awaited.

        Args:
            patience_seconds: How long to wait for an answer, where there is none yet.
        """
        patience = patience_seconds if self._known.is_awaited else _GLANCE_SECONDS
        try:
            found: Answer[Value] = Answer(self._asked.result(timeout=patience))
        except NotYetError:
            return self._known
        except CreditDefaultError as error:
            found = Answer(fault=error)
        with self._slot.lock:
            self._slot.last = found
        return found


def ask(
    question: Callable[[], Value],
    *,
    name: str,
    key: Hashable,
    now: dt.datetime,
    fresh_seconds: float,
) -> Asked[Value]:
    """Ask the question, unless it is being answered or its answer still holds; nothing is waited for.

    Args:
        question: Answers, or raises a CreditDefaultError; not None.
        name: What the question is called.
        key: What it is about: with the name it tells one question from another.
        now: The time of the visit.
        fresh_seconds: For how long an answer holds.
    """
    slot = _find_slot(name, key)
    with slot.lock:
        asked: Future[Value] | None = slot.asked
        if asked is None or (asked.done() and not _is_fresh(slot, now, fresh_seconds)):
            asked = slot.asked = _get_pool().submit(question)
            slot.asked_at = now
        return Asked(slot, asked, slot.last)


def _is_fresh(slot: _Slot, now: dt.datetime, fresh_seconds: float) -> bool:
    if slot.asked_at is None or slot.asked is None:
        return False
    is_fault = slot.asked.exception() is not None
    age = (now - slot.asked_at).total_seconds()
    return 0 <= age < (min(fresh_seconds, _FAULT_SECONDS) if is_fault else fresh_seconds)


@lru_cache(maxsize=_MOST)
def _find_slot(*_key: Hashable) -> _Slot:
    return _Slot()


@lru_cache(maxsize=1)
def _get_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="question")
