"""What `reconcile` puts right: the steps of `services.operations.reconcile`.

It runs beside everything else. What was begun a moment ago it leaves to whoever began it.
"""

from tests.protocol.champion_acts import record_change
from tests.protocol.erasure_acts import CLEANING, VERSIONS
from tests.protocol.ingest_acts import FORGETTING, TAKING_IN
from tests.protocol.lake_acts import RECORDING
from tests.protocol.state import DIGEST, VERSION, at, of_version
from tests.protocol.steps import END, MLFLOW, TABLE, Act, Step, holding


def close_runs(s: bytearray, p: int) -> None:
    """Runs whose process is gone: only between two runners, as the process of an open run is alive."""
    for version in VERSIONS:
        s[of_version("open_runs", version)] = 0


def find_unentered(s: bytearray, p: int) -> str | None:
    """Scores of an earlier run that died before their entry; their digest is read from the table."""
    for version in VERSIONS:
        scores = s[of_version("scores", version)]
        if scores and not s[of_version("scored_entries", version)]:
            s[p + VERSION], s[p + DIGEST] = version, scores
            return None
    return "find a batch without a run"


def enter_scores(s: bytearray, p: int) -> str:
    entries = of_version("scored_entries", s[p + VERSION])
    if s[entries] == 0:
        s[entries], s[of_version("digest", s[p + VERSION])] = 1, s[p + DIGEST]
    return "find scores without an entry"


def find_unrecorded(s: bytearray, p: int) -> str | None:
    for version in VERSIONS:
        is_known = s[of_version("runs", version)] or s[of_version("open_runs", version)]
        if s[of_version("scored_entries", version)] and not is_known:
            s[p + VERSION] = version
            return None
    return "look at the champion now"


def begin_missing_run(s: bytearray, p: int) -> None:
    s[of_version("open_runs", s[p + VERSION])] += 1


def end_missing_run(s: bytearray, p: int) -> str:
    s[of_version("open_runs", s[p + VERSION])] -= 1
    s[of_version("runs", s[p + VERSION])] += 1
    return "find a batch without a run"


def refresh_pin(s: bytearray, p: int) -> str:
    s[at("pinned")] = s[at("alias")]
    return END


_RECORDED = frozenset({RECORDING})

RECONCILE = Act(
    "reconcile",
    (
        *CLEANING,
        Step("close runs", close_runs, (), MLFLOW, _RECORDED),
        *holding(
            (
                Step("find scores without an entry", find_unentered, (), TABLE, _RECORDED),
                Step("enter their scores", enter_scores, ("reconcile.entered",), TABLE),
            ),
            TAKING_IN,
            waits_for=[FORGETTING, TAKING_IN],
        ),
        Step("find a batch without a run", find_unrecorded, (), MLFLOW, _RECORDED),
        Step(
            "begin the missing run",
            begin_missing_run,
            ("predict.run-begun",),
            MLFLOW,
            during=_RECORDED,
            doubled=begin_missing_run,
        ),
        Step(
            "end the missing run",
            end_missing_run,
            ("predict.run-written",),
            MLFLOW,
            during=_RECORDED,
        ),
        *record_change("now", "refresh the pin"),
        Step("refresh the pin", refresh_pin, (), MLFLOW),
    ),
)
