import polars as pl
import pytest

from credit_default.services.scoring.score_export import export_scores


@pytest.fixture
def rows(known_rows):
    return known_rows.filter(statement_month="2005-10").drop("defaulted")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_scores_are_exported_with_the_rejected_rows_beside(
    champion_lake, score_rows, rows, tmp_path, ending
):
    broken = rows.slice(820, 100).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 2).then(8).otherwise("sex")
    )
    scored = score_rows(broken)
    path = tmp_path / f"scores.{ending}"

    written = export_scores(
        champion_lake.wiring.lake, batch_id=scored.batch_id, model_version=1, path=path
    )

    load = pl.read_csv if ending == "csv" else pl.read_parquet
    beside = tmp_path / f"scores-rejected.{ending}"
    assert written == {"handed over": str(path), "rejected rows": str(beside)}
    assert load(path)["client_id"].to_list() == sorted(broken["client_id"].slice(2))
    assert load(beside)["line"].to_list() == [2, 3]


def test_clean_batch_has_no_rejected_rows_to_export(champion_lake, score_rows, rows, tmp_path):
    scored = score_rows(rows.slice(920, 50))

    written = export_scores(
        champion_lake.wiring.lake,
        batch_id=scored.batch_id,
        model_version=1,
        path=tmp_path / "s.csv",
    )

    assert list(written) == ["handed over"]
