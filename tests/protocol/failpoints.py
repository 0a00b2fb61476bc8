"""The failpoints of the code beside those of the model: each step of an act is tied to its place in the code by them."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.protocol.model import PROTOCOL

SOURCE: Final = Path(__file__).parents[2] / "src" / "credit_default"

# Failpoints of the code that are no step of the model, each with the reason.
OUTSIDE: Final = {
    "command.begun": "before any act",
    "upload.begun": "inside one write to a bucket, of which nobody sees a part",
    "upload.parts_sent": "likewise",
    "table.refused": "a commit that another one was faster than, and that is tried again: here the commit is one step",
    "shadow.scored": "two steps under keys of their own, as those of the scores: no decision is made by them",
    "shadow.recorded": "likewise",
    "override.written": "one row and its entry, made by a person and written again by the same one",
    "alarms.recorded": "follows the batches, and changes none of them",
    "alarms.entered": "likewise",
    "alarms.sent": "likewise",
    "retraining.requested": "likewise",
    "finding.written": "what people write down of a version; it changes nothing else",
    "finding.closed": "likewise",
    "review.written": "likewise",
}


def find_failpoints(source: Path = SOURCE) -> frozenset[str]:
    """The names of all failpoints in the code."""
    texts = (path.read_text(encoding="utf-8") for path in source.rglob("*.py"))
    calls = (
        node
        for text in texts
        if "hit_failpoint" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hit_failpoint"
    )
    return frozenset(
        argument.value
        for call in calls
        for argument in call.args
        if isinstance(argument, ast.Constant)
    )


def follows_model(act: str, passed: Iterable[str]) -> bool:
    """Whether the failpoints that a run has passed are points of the act in its order; those inside one commit are left out."""
    steps = next(one.steps for one in PROTOCOL if one.name == act)
    points = iter([point for step in steps for point in step.points])
    known = list_model_points()
    return all(
        name in points
        for name in dict.fromkeys(passed)  # of several snapshots, the first
        if name in known and not name.startswith(("table.", "client.", "create.", "write."))
    )


def list_model_points() -> frozenset[str]:
    """The names of all failpoints that steps of the model name."""
    return frozenset(point for act in PROTOCOL for step in act.steps for point in step.points)
