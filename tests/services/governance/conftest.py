import shutil
from dataclasses import dataclass

import polars as pl
import pytest
from tests.services.conftest import KEY, NOON, make_wiring

from credit_default.adapters.tables.queries import read_scores
from credit_default.data.credit_card.outcomes import OBSERVED_AT
from credit_default.services.champion.current import load_registered_champion
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import score_file


@dataclass(frozen=True)
class ScoredLake:
    """A lake of its own with a champion and one scored batch of 200 clients of October."""

    wiring: Wiring
    batch_id: str
    scores: pl.DataFrame

    def pick(self, decision: str, position: int = 0) -> str:
        own = self.scores.filter(decision=decision).sort("default_probability", "client_id")
        return own["client_id"][position]


@pytest.fixture
def scored_lake(champion_lake, known_rows, tmp_path) -> ScoredLake:
    shutil.copytree(champion_lake.untouched, tmp_path / "lake")
    wiring = make_wiring(tmp_path)
    rows = known_rows.filter(statement_month="2005-10").head(200)
    rows.drop("defaulted").write_csv(tmp_path / "batch.csv")
    checked = check_file(wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored")
    scored = score_file(wiring, checked, load_registered_champion(wiring), scored_at=NOON)
    scores = read_scores(wiring.lake, batch_id=scored.batch_id)
    return ScoredLake(wiring, scored.batch_id, scores)


@pytest.fixture
def take_in(known_rows, tmp_path):
    """Takes in the outcomes of October's first clients, as they were observed at a time."""

    def take(lake: ScoredLake, count: int, *, observed_at: str, now) -> None:
        rows = known_rows.filter(statement_month="2005-10").head(count)
        observed = rows.select(*KEY, "defaulted", pl.lit(observed_at).alias(OBSERVED_AT))
        observed.write_csv(tmp_path / "outcomes.csv")
        ingest_outcomes_file(lake.wiring, str(tmp_path / "outcomes.csv"), taken_in_at=now)

    return take
