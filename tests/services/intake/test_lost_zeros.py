import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.queries import write_scores
from credit_default.errors import InputError
from credit_default.services.intake.file_check import check_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
PADDED = [f"{number:06d}" for number in range(99_000, 101_000, 50)]  # half with a leading zero
STRIPPED = [client_id.lstrip("0") for client_id in PADDED]


def score(lake, clients):
    rows = pl.DataFrame({"client_id": clients}).with_columns(
        statement_month=pl.lit("2005-10"),
        default_probability=0.2,
        decision=pl.lit("accept"),
        risk_band=pl.lit("A"),
        expected_loss=pl.lit(None, dtype=pl.Float64),
        reasons=pl.lit([], dtype=pl.List(pl.String)),
        model_version=pl.lit(1, dtype=pl.Int64),
        batch_id=pl.lit("a" * 16),
        scored_at=pl.lit(NOON).dt.cast_time_unit("us"),
    )
    write_scores(lake, lambda: [rows], batch_id="a" * 16, model_version=1)


@pytest.fixture
def check(wiring, month_rows, tmp_path):
    def check(clients):
        path = tmp_path / "batch.csv"
        rows = month_rows.head(len(clients)).with_columns(client_id=pl.Series(clients))
        rows.write_csv(path)
        return check_file(wiring, str(path), month=None, outcome="ignored")

    return check


def test_a_file_whose_ids_all_lost_their_zeros_is_refused_by_the_clients_known(wiring, check):
    score(wiring.lake, PADDED)

    with pytest.raises(InputError) as caught:
        check(STRIPPED)

    told = str(caught.value)
    assert "20 ids of fewer than 6 digits, where the lake knows these clients with zeros" in told
    assert told.endswith("Export the id column as text.")


def test_outcomes_whose_ids_lost_their_zeros_are_refused_too(wiring, tmp_path):
    score(wiring.lake, PADDED)
    path = tmp_path / "outcomes.csv"
    lines = [f"{client_id},2005-10,0,2005-12-31" for client_id in STRIPPED]
    path.write_text("client_id,statement_month,defaulted,observed_at\n" + "\n".join(lines) + "\n")

    with pytest.raises(InputError, match="without their zeros they are other clients"):
        ingest_outcomes_file(wiring, str(path), taken_in_at=NOON)

    assert not (wiring.lake.home / "tables" / "outcomes").exists()


@pytest.mark.parametrize(
    ("known", "given"),
    [
        ([], STRIPPED),  # nothing to compare with
        (PADDED, PADDED),
        (PADDED, [f"A{client_id}" for client_id in STRIPPED]),
        (STRIPPED, STRIPPED),  # clients without leading zeros
        (PADDED, [str(number) for number in range(1, 41)]),  # others, and not known with zeros
        ([*PADDED, *STRIPPED], STRIPPED),  # known as they are
    ],
    ids=["new lake", "as known", "with letters", "no zeros", "other clients", "known both ways"],
)
def test_other_files_pass(wiring, check, known, given):
    if known:
        score(wiring.lake, known)

    assert check(given).validated.accepted_count == len(given)
