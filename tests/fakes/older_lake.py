"""The life of a small lake under the code of commit 1ea01bd, the last one before the modules were moved into chapters.

Run it with PYTHONPATH on that commit's `src`: it imports the modules by the names that they had
then. `ROOT` holds the files that `tests/test_older_lakes.py` wrote; the lake is made in
`ROOT/lake`. What the later code has to find again is printed as one line of JSON: ids, digests, the
ledger's head, and the figures of one client's explanation.

    python older_lake.py ROOT
"""

import datetime as dt
import json
import sys
from pathlib import Path

from credit_default.adapters.lake_tables import digest_scores
from credit_default.adapters.ledger import read_entries
from credit_default.services.wiring import Wiring, wire

from credit_default.services import (
    checking,
    contest,
    explanation,
    following,
    monitoring,
    outcomes,
    performance,
    prediction,
    recording,
    seating,
    training,
)
from credit_default.settings import Settings

ROOT = Path(sys.argv[1])
PLAN = json.loads((ROOT / "plan.json").read_text(encoding="utf-8"))
TRAINED, SCORED, OBSERVED, MONITORED = map(dt.datetime.fromisoformat, PLAN["times"])


def train(wiring: Wiring) -> None:
    rows = training.read_training_rows(wiring, month=None, read_at=TRAINED)
    sides = training.split_rows(wiring, rows)
    challenger = training.fit_challenger(wiring, rows, sides)
    registered = seating.register_challenger(wiring, rows, challenger, None, trained_at=TRAINED)
    verdict = contest.judge_challenger(wiring, challenger, sides, champion=None)
    seating.seat_winner(wiring, registered, verdict, champion=None, rows=rows, decided_at=TRAINED)


def predict(wiring: Wiring) -> prediction.ScoredFile:
    checked = checking.check_file(wiring, str(ROOT / "batch.csv"), month=None, outcome="ignored")
    verdict = checking.judge_file(wiring, checked, judged_at=SCORED)
    champion = prediction.load_champion(wiring, checked)
    scored = prediction.score_file(wiring, checked, champion, scored_at=SCORED)
    recording.record_scores(wiring, checked, scored, verdict, recorded_at=SCORED)
    return scored


def monitor(wiring: Wiring, batch_id: str) -> None:
    batch = monitoring.find_batch(wiring, batch_id)
    drift = monitoring.find_drift(wiring, batch, report="drift")
    outlook = performance.look_ahead(wiring, batch)
    performed = performance.evaluate_batch(wiring, batch, now=MONITORED)
    found = recording.record_findings(
        wiring, batch, drift, performed, outlook=outlook, monitored_at=MONITORED
    )
    following.follow_up(wiring, batch, found, at=MONITORED)


def explain(wiring: Wiring, batch_id: str) -> list[object]:
    told = explanation.explain_client(wiring, batch_id, PLAN["client"])
    return [
        told.default_probability,
        told.forest_probability,
        told.base_probability,
        told.threshold,
        told.decision,
        told.risk_band,
        told.reasons,
        [[part.name, part.added] for part in told.contributions],
        [[line.name, line.value, line.used] for line in told.inputs],
        [[dict(change.changes), change.default_probability] for change in told.changes],
    ]


def main() -> None:
    wiring = wire(Settings(**PLAN["settings"]), commit=PLAN["commit"])
    train(wiring)
    scored = predict(wiring)
    outcomes.take_in_outcomes(wiring, str(ROOT / "outcomes.csv"), taken_in_at=OBSERVED)
    monitor(wiring, scored.batch_id)
    champion = wiring.registry.find_champion()
    digest = digest_scores(wiring.lake, batch_id=scored.batch_id, model_version=1)
    entries = read_entries(wiring.lake)
    result = {
        "batch_id": scored.batch_id,
        "model_digest": champion.digest,
        "scores_digest": digest,
        "head": entries[-1].entry_hash,
        "entries": [[entry.event, entry.details] for entry in entries],
        "explanation": explain(wiring, scored.batch_id),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
