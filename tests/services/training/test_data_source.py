import datetime as dt
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.services.training.data_source import (
    DataFile,
    NoRealData,
    SimulationPolicy,
    fetch_data,
    find_data,
)
from credit_default.services.training.training_rows import read_training_rows
from credit_default.settings import Settings
from credit_default.settings_sections import PublicDataSettings

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

FEW = SimulationPolicy(client_count=60, month_count=2)


class Site:
    """A server on this machine that gives the pages it has."""

    def __init__(self):
        self.pages = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                page = pages.get(self.path)
                self.send_response(200 if page else 404)
                self.send_header("Content-Length", str(len(page or b"")))
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture
def settings(site, tmp_path):
    public = PublicDataSettings(
        uci_url=site.url("/uci.zip"), openml_url=site.url("/42477"), timeout_seconds=60
    )
    return Settings(cache=str(tmp_path / "cache"), public_data=public)


@pytest.fixture
def on_openml(site, real_data):
    """The real data as OpenML has them: other names, no id, every number a fraction."""
    rows = pl.read_csv(real_data, infer_schema=False).drop("ID").cast(pl.Float64)
    rows.columns = [*(f"x{number}" for number in range(1, 24)), "y"]
    content = io.BytesIO()
    rows.write_parquet(content)
    site.pages["/data.pq"] = content.getvalue()
    site.pages["/42477"] = json.dumps(
        {"data_set_description": {"parquet_url": site.url("/data.pq")}}
    ).encode()


def change(settings, **changes):
    return settings.model_copy(update=changes)


def test_public_data_come_from_a_source_and_then_from_the_cache(settings, on_openml, site):
    fetched = find_data(settings)
    site.close()
    again = find_data(settings)

    assert isinstance(fetched, DataFile)
    assert isinstance(again, DataFile)
    assert (fetched.origin, again.origin) == (
        "the public data set (openml)",
        "the public data set (cache)",
    )
    assert (fetched.month, fetched.notes) == (
        None,
        (),
    )  # the cached file says its month in every row
    assert fetched.path == again.path
    assert pl.read_parquet(fetched.path)["statement_month"].unique().to_list() == ["2005-09"]


def test_simulated_data_are_used_when_no_source_answers_and_a_note_says_so(settings):
    stand_in = fetch_data(settings, policy=FEW)

    assert stand_in.origin == "the simulator"
    assert len(stand_in.notes) == 1
    assert "SIMULATED" in stand_in.notes[0]
    assert all(source in stand_in.notes[0] for source in ("/uci.zip", "/42477"))


def test_source_that_gives_something_else_is_not_taken(settings, site):
    content = io.BytesIO()
    pl.DataFrame({"x1": [1.0]}).write_parquet(content)
    site.pages["/data.pq"] = content.getvalue()
    site.pages["/42477"] = json.dumps(
        {"data_set_description": {"parquet_url": site.url("/data.pq")}}
    ).encode()

    assert isinstance(find_data(settings), NoRealData)
    assert not list(Path(settings.cache).glob("*.parquet"))


def test_simulated_data_that_were_asked_for_need_no_excuse_and_no_network(settings):
    asked_for = change(settings, data="simulated")

    assert find_data(asked_for) == NoRealData()
    made = fetch_data(asked_for, policy=FEW)
    assert (made.origin, made.notes) == ("the simulator", ())
    rows = pl.read_parquet(made.path)
    assert rows.columns == [*CREDIT_CARD.names, "defaulted"]
    assert rows["client_id"].str.starts_with("SIM-").all()
    assert (rows.height, rows["statement_month"].n_unique(), rows["defaulted"].null_count()) == (
        120,
        2,
        0,
    )


def test_simulated_data_follow_the_seed(settings):
    def make(seed):
        return pl.read_parquet(
            fetch_data(change(settings, data="simulated", seed=seed), policy=FEW).path
        )

    assert make(3).equals(make(3))
    assert not make(3).equals(make(4))


def test_copy_of_the_real_file_under_any_name_is_known_by_its_content(
    settings, real_data, tmp_path
):
    copy = tmp_path / "clients of september.csv"
    copy.write_bytes(real_data.read_bytes())

    found = find_data(change(settings, data=str(copy)))

    assert found == DataFile(copy, "2005-09", str(copy))


def test_file_with_one_other_number_is_not_the_public_one(settings, real_data, tmp_path):
    rows = pl.read_csv(real_data, infer_schema=False)
    other = rows.with_columns(
        AGE=pl.when(pl.int_range(pl.len()) == 17).then(pl.lit("99")).otherwise("AGE")
    )
    other.write_csv(tmp_path / "other.csv")

    found = find_data(change(settings, data=str(tmp_path / "other.csv")))

    assert isinstance(found, DataFile)
    assert found.month is None


def test_training_on_a_copy_of_the_real_file_needs_no_month(make_wiring, real_data, tmp_path):
    copy = tmp_path / "whatever.csv"
    copy.write_bytes(real_data.read_bytes())

    training = read_training_rows(make_wiring(data=str(copy)), month=None, read_at=NOON)

    assert training.rows.height == 30_000
    assert training.rows["statement_month"].unique().to_list() == ["2005-09"]
    assert (training.data_origin, training.rejected_count) == ("real", 0)


def test_file_of_another_portfolio_needs_its_month_said(make_wiring, month_rows, tmp_path):
    month_rows.drop("statement_month").write_csv(tmp_path / "bare.csv")
    wiring = make_wiring(data=str(tmp_path / "bare.csv"))

    with pytest.raises(InputError, match="--month"):
        read_training_rows(wiring, month=None, read_at=NOON)

    assert read_training_rows(wiring, month="2004-02", read_at=NOON).rows[
        "statement_month"
    ].unique().to_list() == ["2004-02"]


def test_file_that_is_not_there_is_named(settings):
    with pytest.raises(InputError, match=r"nowhere\.csv.*no such file"):
        find_data(change(settings, data="nowhere.csv"))
