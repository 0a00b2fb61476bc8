"""How much of the protocol is gone through: the short form in every run of the tests, the long one at night.

What is not bounded here is not bounded at all: within these counts every order of steps, every death and every loss is seen.
"""

from typing import Final

from tests.protocol.model import Bounds

SHORT: Final = {
    "one batch, two runners": Bounds({"predict": 2, "reconcile": 1}),
    "one batch, MLflow away": Bounds({"predict": 1, "reconcile": 1}, outages=1, doubled_requests=1),
    "a file written again": Bounds({"predict": 2, "reconcile": 1}, lost_replies=0, rewrites=1),
    "an erasure beside a runner": Bounds({"predict": 1, "ingest": 1, "forget": 1}),
    "a file given by its path": Bounds(
        {"ingest": 1, "outcomes": 1, "forget": 1, "reconcile": 1}, is_waiting=False
    ),
    "outcomes": Bounds({"outcomes": 2, "forget": 1}),
    "a new champion while scoring": Bounds({"predict": 1, "promote": 1}),
    "a new champion and back": Bounds({"promote": 2, "roll_back": 1, "reconcile": 1}),
    "two people": Bounds({"request": 1, "approve": 2, "refuse": 1, "promote": 1}, two_people=True),
}
LONG: Final = {
    "one batch, three runs": Bounds(
        {"predict": 3, "reconcile": 1}, crashes=2, outages=1, doubled_requests=1
    ),
    "a file written again": Bounds({"predict": 3, "reconcile": 1}, crashes=2, rewrites=1),
    "an erasure beside runners": Bounds({"predict": 2, "ingest": 1, "forget": 1, "reconcile": 1}),
    "two erasures, cut short": Bounds(
        {"ingest": 1, "outcomes": 1, "forget": 2, "reconcile": 1},
        crashes=2,
        lost_replies=0,
        is_waiting=False,
    ),
    "a file given by its path": Bounds(
        {"ingest": 2, "outcomes": 1, "forget": 1, "reconcile": 1}, crashes=2, is_waiting=False
    ),
    "outcomes": Bounds({"outcomes": 3, "forget": 2, "reconcile": 1}, crashes=2),
    "a new champion while scoring": Bounds({"predict": 2, "promote": 1, "reconcile": 1}),
    "a new champion and back": Bounds(
        {"predict": 1, "promote": 2, "roll_back": 1, "reconcile": 1}, outages=1
    ),
    "two people": Bounds(
        {"request": 1, "approve": 2, "refuse": 1, "promote": 1, "reconcile": 1},
        crashes=2,
        outages=1,
        two_people=True,
    ),
}
