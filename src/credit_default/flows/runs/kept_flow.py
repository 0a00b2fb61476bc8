"""Turn a function into a Prefect flow whose final state carries what the function returned or raised, whatever the server answers.

When the server's reply to a run's final state is lost, Prefect asks again and takes the state that the server keeps: this has no
summary, so that a run that completed would end with `MissingResult`, and of an error only what was pickled.
"""

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, ParamSpec

from prefect import Flow
from prefect.client.schemas.objects import State

from credit_default.flows.runs.orphaned_runs import mark_run
from credit_default.views.summaries.summary import Summary

_Params = ParamSpec("_Params")


class KeptFlow(Flow[_Params, State[Summary]]):
    """A flow that is called as any other, and whose state is never without its summary or its error."""

    def __call__(self, *args: Any, return_state: bool = False, **kwargs: Any) -> Any:  # type: ignore[override]
        """Run the flow, and return its state, or its summary where `return_state` is false.

        Raises:
            BaseException: The error that ended the run, unless `return_state` is true.
        """
        ended: list[tuple[bool, object]] = []
        watched = copy(self)
        watched.fn = _watch(self.fn, ended)
        state = Flow.__call__(watched, *args, return_state=True, **kwargs)
        if ended and state.is_completed() == ended[-1][0]:
            state.data = ended[-1][1]
        return state if return_state else state.result()


def build_flow(
    name: str,
) -> Callable[[Callable[_Params, State[Summary]]], KeptFlow[_Params]]:
    """Return a decorator that makes a function a flow of that name.

    Its runs are tagged with the mark of their process.
    """

    def decorate(act: Callable[_Params, State[Summary]]) -> KeptFlow[_Params]:
        return KeptFlow(act, name=name, validate_parameters=False, on_running=[mark_run])

    return decorate


def _watch(
    act: Callable[_Params, State[Summary]], ended: list[tuple[bool, object]]
) -> Callable[_Params, State[Summary]]:
    """Return the same function; how each call ends is noted: whether it completed, and its summary or its error."""

    @wraps(act)
    def watch(*args: _Params.args, **kwargs: _Params.kwargs) -> State[Summary]:
        try:
            state = act(*args, **kwargs)
        except BaseException as error:
            ended.append((False, error))
            raise
        ended.append((state.is_completed(), state.data))
        return state

    return watch
