"""What clients do in a history, and which faults meet them: all of it drawn from one number, the seed."""

import random
from dataclasses import dataclass, replace

from tests.histories.template import BASE, BATCHES

# name of the act, what it is done with, how often it is drawn
CHOICES = (
    *((("predict", name), 4) for name in BATCHES),
    (("predict", BASE), 3),
    *((("drop", name), 2) for name in BATCHES),
    (("drop", "bad"), 2),
    (("predict --incoming", ""), 6),
    (("ingest", "k1"), 3),
    (("correct", "c1"), 3),
    (("outcomes", "o1"), 3),
    (("outcomes", "o2"), 3),
    (("promote", "2"), 3),
    (("promote", "1"), 1),
    (("roll back", ""), 2),
    (("forget", "0"), 2),
    (("forget", "1"), 1),
    (("reconcile", ""), 3),
)
# requests of a lake in a bucket that a fault may strike
REQUESTS = (
    ("PUT", r"/_delta_log/.*\.json"),
    ("PUT", r"\.parquet"),
    ("GET", r"list-type=2"),
    ("GET", r"/_delta_log/"),
    ("GET", r"\.parquet"),
    ("PUT", r"/snapshots/"),
    ("GET", r"/snapshots/"),
    ("PUT", r"/(processed|refused)/"),
    ("DELETE", r"/incoming/"),
    ("PUT", r"/champion/"),
    ("HEAD", r"."),
    ("POST", r"."),
    ("*", r"."),
)
FAULTS = ("lost", "lost", "lost", "lost", "503", "500", "reset", "slow:0.3")
SKEWS = (0.0, 0.0, 0.0, -2.0, 2.0, 24.0)  # hours by which a client's clock is wrong


@dataclass(frozen=True)
class Act:
    """One thing that a client asks for, and what becomes of its process meanwhile."""

    name: str
    given: str = ""
    skew: float = 0.0  # hours: the clock steps when it is another than before
    away: bool = False  # MLflow does not answer
    killed_at: int = 0  # the nth failpoint; 0 for none
    full_at: int = 0  # likewise, where the disk is full
    largest_file: int = 0  # bytes; what is written beyond fails, as on a full disk
    mlflow: str = ""  # from the nth failpoint to the act's end: "gone", or "unheard" where only its answers are lost
    mlflow_at: int = 0
    slow_disk: float = 0.0  # seconds at most, that a step waits for it


@dataclass(frozen=True)
class Strike:
    """A fault of S3, of the nth request of a kind."""

    method: str
    path: str
    fault: str
    skip: int


@dataclass(frozen=True)
class Workload:
    """A history before it happens."""

    seed: int
    clients: tuple[tuple[Act, ...], ...]
    in_bucket: bool
    at_once: (
        bool  # all at the same time, as the machine has it; else in turns that the seed decides
    )
    switch_share: float  # of failpoints, at which another client goes on
    pause_share: float  # of those, from which a client wakes only when the others are done
    strikes: tuple[Strike, ...] = ()
    given_up_share: float = 0.0  # of the commands without an answer, that nobody gives again


def draw_workload(seed: int, *, short: bool = False) -> Workload:
    """The history of this seed; a short one has fewer acts."""
    chance = random.Random(seed)
    in_bucket, at_once = chance.random() < 0.2, chance.random() < 0.25
    client_count = chance.randint(2, 3 if short else 6)
    act_count = max(client_count, chance.randint(3, 4) if short else chance.randint(4, 8))
    more = random.Random(f"{seed}, faults that came later")  # a seed's earlier ones stay
    drawn = [add_faults(draw_act(chance), more) for _ in range(act_count)]
    clients: list[list[Act]] = [[] for _ in range(client_count)]
    for place, act in enumerate(drawn):
        clients[place % client_count].append(act)
    count = chance.randint(2, 6) if in_bucket else 0
    return Workload(
        seed,
        tuple(tuple(acts) for acts in clients),
        in_bucket,
        at_once,
        switch_share=chance.choice((0.1, 0.3, 0.6)),
        pause_share=chance.choice((0.0, 0.1, 0.3)),
        strikes=tuple(draw_strike(chance) for _ in range(count)),
        given_up_share=chance.choice((0.0, 0.5, 1.0)),
    )


def draw_act(chance: random.Random) -> Act:
    names, weights = zip(*CHOICES, strict=True)
    name, given = chance.choices(names, weights)[0]
    fault = chance.random()
    return Act(
        name,
        given,
        skew=chance.choice(SKEWS),
        away=chance.random() < 0.12,
        killed_at=chance.randint(1, 24) if fault < 0.3 else 0,
        full_at=chance.randint(1, 24) if 0.3 <= fault < 0.4 else 0,
        largest_file=chance.choice((1_024, 8_192, 65_536)) if 0.4 <= fault < 0.45 else 0,
    )


def add_faults(act: Act, chance: random.Random) -> Act:
    mlflow, place = chance.choice(("gone", "unheard")), chance.randint(1, 20)
    if chance.random() < 0.2 and not act.away:
        act = replace(act, mlflow=mlflow, mlflow_at=place)
    return replace(act, slow_disk=0.05) if chance.random() < 0.1 else act


def draw_strike(chance: random.Random) -> Strike:
    method, path = chance.choice(REQUESTS)
    return Strike(method, path, chance.choice(FAULTS), chance.choice((0, 0, 1, 2, 4, 9)))
