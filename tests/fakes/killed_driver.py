"""A driver of a Dask cluster that is killed just before its n-th commit of what its workers wrote.

killed_driver.py CHAMPION PARTS NTH     the first holds settings and a champion, pickled
"""

import datetime as dt
import os
import pickle
import signal
import sys
from pathlib import Path

from credit_default.failpoints import arm_failpoint
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.partitions.engine import open_engine
from credit_default.services.scoring.score_batch import score_file

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)


def main(champion: str, parts: str, nth: str) -> None:
    settings, version = pickle.loads(Path(champion).read_bytes())
    wiring = build_wiring(settings, commit="a1b2c3d")
    reached = []

    def die_at_last() -> None:
        reached.append(1)
        if len(reached) == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)

    with open_engine(wiring):
        checked = check_file(wiring, parts, month=None, outcome="ignored")
        arm_failpoint("table.streamed", die_at_last)
        score_file(wiring, checked, version, scored_at=NOON)


if __name__ == "__main__":
    main(*sys.argv[1:])
