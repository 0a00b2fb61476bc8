"""How an act becomes a Prefect task: a name and, where it touches the network, retries. Nothing else changes."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from credit_default.errors import ServiceError

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


def step(act: Callable[_Params, _Result], name: str) -> Task[_Params, _Result]:
    """The act as a task of that name, tried once."""
    return Task(act, name=name, cache_policy=NO_CACHE, persist_result=False)


def network_step(act: Callable[_Params, _Result], name: str) -> Task[_Params, _Result]:
    """The act as a task of that name, tried three times when a service did not do its part."""
    return Task(
        act, name=name, cache_policy=NO_CACHE, persist_result=False,
        retries=2, retry_delay_seconds=[1, 4], retry_condition_fn=_is_service_failure,
    )  # fmt: skip


def _is_service_failure(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), ServiceError)
