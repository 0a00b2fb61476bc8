"""One batch, one pinned champion, one result: every accepted row scored, every rejected one in quarantine."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from credit_default.adapters.files import write_table
from credit_default.adapters.lake import Lake
from credit_default.adapters.lake_tables import has_scores, read_quarantine, read_scores, write_scores
from credit_default.adapters.snapshots import Snapshot, read_rows
from credit_default.data.contract import KEY
from credit_default.errors import InputError
from credit_default.model.bundle import ModelBundle
from credit_default.model.decision import DECLINE
from credit_default.model.scoring import score
from credit_default.services.contest import SeatHolder
from credit_default.services.ingestion import CheckedFile, keep_quarantine, keep_snapshot
from credit_default.services.origin import REAL, refuse_mixture
from credit_default.services.wiring import Wiring, refuse_other_portfolio


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """What became of a batch: scored_count + rejected_count are its rows. Shares are 0-1, of the scored rows."""

    batch_id: str
    model_version: int
    scored_count: int
    rejected_count: int
    declined_share: float
    expected_default_share: float
    trained_row_count: int  # rows that the model was trained on, whose scores are flattered
    was_there: bool  # the result was there already, and nothing was done


@dataclass(slots=True)
class _Tally:
    trained_row_count: int = 0


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Rows of a snapshot on their way through the model, a record batch at a time."""

    bundle: ModelBundle
    snapshot: Snapshot
    model_version: int
    scored_at: dt.datetime
    tally: _Tally = field(default_factory=_Tally)

    def frames(self) -> Iterator[pl.DataFrame]:
        self.tally.trained_row_count = 0  # a commit that is tried again begins anew
        for rows in read_rows(self.snapshot):
            scored = score(
                self.bundle, rows, model_version=self.model_version, batch_id=self.snapshot.digest,
                scored_at=self.scored_at,
            )  # fmt: skip
            self.tally.trained_row_count += scored.trained_row_count
            yield scored.frame


def load_champion(wiring: Wiring, checked: CheckedFile) -> SeatHolder:
    """The champion, its artifact verified, fit to score this file.

    Raises:
        InputError: there is none yet, it is of another portfolio, or one of the two is simulated and the other real.
        ArtifactError: its artifact is not the one on record.
    """
    champion = find_champion(wiring)
    if champion is None:
        raise InputError(
            "champion", found="none in the registry", expected="a promoted model",
            remedy="Train one with `credit-default train`.",
        )  # fmt: skip
    refuse_mixture(model_origin=champion.data_origin, batch_origin=checked.data_origin, thing=f"batch {checked.name}")
    return champion


def find_champion(wiring: Wiring) -> SeatHolder | None:
    """The champion, its artifact verified, or None before the first promotion.

    Raises:
        InputError: it is of another portfolio.
        ArtifactError: its artifact is not the one on record.
    """
    version = wiring.registry.find_champion()
    if version is None:
        return None
    bundle = wiring.registry.load_version(version)
    refuse_other_portfolio(wiring, bundle.schema_name, thing=f"champion, version {version.number}")
    return SeatHolder(bundle, version.number, version.tags.get("data_origin", REAL))


def score_file(wiring: Wiring, checked: CheckedFile, champion: SeatHolder, *, scored_at: dt.datetime) -> ScoredFile:
    """What became of the batch; when this champion has scored it before, nothing is done and `was_there` says so."""
    if has_scores(wiring.lake, batch_id=checked.batch_id, model_version=champion.number):
        return _conclude(wiring, checked, champion, trained_row_count=0, was_there=True)
    if checked.validated.accepted_count == 0:
        raise InputError(
            f"batch {checked.name}", found="no accepted row", expected="at least one row to score",
            remedy="See which rules the rows broke and correct the file.",
        )  # fmt: skip
    scoring = _Scoring(champion.bundle, keep_snapshot(wiring, checked), champion.number, scored_at)
    keep_quarantine(wiring, checked)
    write_scores(wiring.lake, scoring.frames, batch_id=checked.batch_id, model_version=champion.number)
    return _conclude(wiring, checked, champion, trained_row_count=scoring.tally.trained_row_count, was_there=False)


def hand_over(lake: Lake, *, batch_id: str, model_version: int, path: Path) -> dict[str, str]:
    """Where a copy of the batch's scores now stands as .csv or .parquet, and its rejected rows beside it if any."""
    scores = read_scores(lake, batch_id=batch_id, model_version=model_version)
    write_table(scores.sort(KEY), path)
    written = {"handed over": str(path)}
    rejected = read_quarantine(lake, batch_id=batch_id)
    if rejected.height:
        beside = path.with_name(f"{path.stem}-rejected{path.suffix}")
        write_table(rejected, beside)
        written["rejected rows"] = str(beside)
    return written


def _conclude(
    wiring: Wiring, checked: CheckedFile, champion: SeatHolder, *, trained_row_count: int, was_there: bool
) -> ScoredFile:
    scores = read_scores(
        wiring.lake, batch_id=checked.batch_id, model_version=champion.number,
        columns=("default_probability", "decision"),
    )  # fmt: skip
    return ScoredFile(
        batch_id=checked.batch_id,
        model_version=champion.number,
        scored_count=scores.height,
        rejected_count=checked.validated.rejected_count,
        declined_share=float((scores["decision"] == DECLINE).to_numpy().mean()),
        expected_default_share=float(scores["default_probability"].to_numpy().mean()),
        trained_row_count=trained_row_count,
        was_there=was_there,
    )
