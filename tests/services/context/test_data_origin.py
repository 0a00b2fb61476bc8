import polars as pl
import pytest

from credit_default.errors import InputError
from credit_default.services.context.data_origin import require_matching_origins
from credit_default.services.intake.file_check import check_file


@pytest.mark.parametrize(("prefix", "origin"), [("SIM-", "simulated"), ("c", "real")])
def test_clients_are_real_or_simulated_by_their_ids(wiring, month_rows, tmp_path, prefix, origin):
    rows = month_rows.head(20).with_columns(
        client_id=pl.col("client_id").str.replace("SIM-", prefix)
    )
    rows.write_csv(tmp_path / "rows.csv")

    assert (
        check_file(wiring, str(tmp_path / "rows.csv"), month=None, outcome="ignored").data_origin
        == origin
    )


@pytest.mark.parametrize("both", ["real", "simulated"])
def test_same_origins_are_compared(both):
    assert require_matching_origins(model_origin=both, batch_origin=both, thing="batch x") is None


@pytest.mark.parametrize(("model", "batch"), [("real", "simulated"), ("simulated", "real")])
def test_real_and_simulated_are_never_compared(model, batch):
    with pytest.raises(InputError, match=f"batch x: found {batch} clients; expected {model} ones"):
        require_matching_origins(model_origin=model, batch_origin=batch, thing="batch x")
