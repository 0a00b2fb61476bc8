"""Turn a function into a Prefect task: it gets a name and, where it uses the network, retries. Its behaviour is the same."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.utilities.annotations import quote

from credit_default.errors import ServiceError

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


def build_task(act: Callable[_Params, _Result], name: str) -> Callable[_Params, _Result]:
    """Return the function as a task of that name that is tried once."""
    return _as_task(Task(act, name=name, cache_policy=NO_CACHE, persist_result=False))


def build_retried_task(act: Callable[_Params, _Result], name: str) -> Callable[_Params, _Result]:
    """Return the function as a task of that name that is tried up to three times, after a `ServiceError` only."""
    return _as_task(
        Task(
            act,
            name=name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=2,
            retry_delay_seconds=[1, 4],
            retry_condition_fn=_is_service_failure,
        )
    )


def build_optional_task(
    act: Callable[_Params, _Result], name: str
) -> Callable[_Params, _Result | None]:
    """Return the function as a task that cannot fail the run: after an error its result is None.

    The task run is shown as failed, with the error in its log.
    """
    task = Task(act, name=name, cache_policy=NO_CACHE, persist_result=False)

    @wraps(act)
    def call(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result | None:
        run_task: Any = task
        state: State[_Result] = run_task(
            *(quote(arg) for arg in args),
            **{key: quote(arg) for key, arg in kwargs.items()},
            return_state=True,
        )
        return state.result() if state.is_completed() else None

    return call


def _as_task(task: Task[_Params, _Result]) -> Callable[_Params, _Result]:
    """Pass the arguments on as they are: Prefect would otherwise search schemas and models for futures, leaf by leaf."""

    @wraps(task.fn)
    def call(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        run_task: Any = task
        result: _Result = run_task(
            *(quote(arg) for arg in args), **{name: quote(arg) for name, arg in kwargs.items()}
        )
        return result

    return call


def _is_service_failure(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), ServiceError)
