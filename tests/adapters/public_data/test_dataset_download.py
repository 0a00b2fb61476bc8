import io
import json
import socket
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.adapters.public_data.dataset_download import (
    PublicData,
    fetch_public_data,
    find_public_data,
)
from credit_default.adapters.public_data.http_download import (
    TransferLimits,
    _Transfer,
    download_file,
)
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.public_data import digest_public_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError, ServiceError

UCI_HEADER = [
    "ID",
    *(column.aliases[0] for column in CREDIT_CARD.inputs),
    "default payment next month",
]
OPENML_HEADER = [*(f"x{number}" for number in range(1, 24)), "y"]
CLIENTS = [
    [1, 20000, 2, 2, 1, 24, 2, 2, -1, -1, -2, -2, 3913, 3102, 689, 0, 0, 0, 0, 689, 0, 0, 0, 0, 1],
    [
        2,
        120000,
        2,
        2,
        2,
        26,
        -1,
        2,
        0,
        0,
        0,
        2,
        2682,
        1725,
        2682,
        3272,
        3455,
        3261,
        0,
        1000,
        1000,
        1000,
        0,
        2000,
        1,
    ],
    [
        3,
        90000,
        2,
        2,
        2,
        34,
        0,
        0,
        0,
        0,
        0,
        0,
        29239,
        14027,
        13559,
        14331,
        14948,
        15549,
        1518,
        1500,
        1000,
        1000,
        1000,
        5000,
        0,
    ],
]
DIGEST = "c2f798c55484f840f1fb59de2eb17bd96bf21bdfff31c0d0e4a9dde298fe5849"
BRIEF = {"timeout_seconds": 1.0, "body_seconds": 1.0}  # for what never comes


def make_workbook(clients=CLIENTS):
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    title = ["", *(f"X{number}" for number in range(1, 24)), "Y"]
    for row, cells in enumerate([title, UCI_HEADER, *clients]):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def make_archive(name="default of credit card clients.xls", content=None):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, make_workbook() if content is None else content)
    return packed.getvalue()


def make_parquet(clients=CLIENTS):
    content = io.BytesIO()
    rows = [[float(cell) for cell in client[1:]] for client in clients]
    pl.DataFrame(rows, schema=OPENML_HEADER, orient="row").write_parquet(content)
    return content.getvalue()


def make_arff():
    attributes = "\n".join(f"@ATTRIBUTE {name} REAL" for name in OPENML_HEADER)
    rows = "\n".join(",".join(str(cell) for cell in client[1:]) for client in CLIENTS)
    return f"% a comment\n@RELATION credit\n\n{attributes}\n\n@DATA\n% rows\n{rows}\n".encode()


class Site:
    """A server on this machine: what it answers by path, and which paths were asked for."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                page = site.pages.get(self.path)
                if page is None:
                    self.send_error(404)
                elif callable(page):
                    page(self)
                else:
                    send(self, page)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def fetch(self, cache, **options):
        settings = {
            "uci_url": self.url("/uci.zip"),
            "openml_url": self.url("/42477"),
            "digest": DIGEST,
        } | options
        return fetch_public_data(cache=cache, **settings)


def send(handler, content, *, length=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1_200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_headers(handler):
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    for number in range(1_200):
        handler.wfile.write(f"X-{number}: 1\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def openml(site):
    description = {
        "data_set_description": {"parquet_url": site.url("/data.pq"), "url": site.url("/data.arff")}
    }
    site.pages |= {
        "/42477": json.dumps(description).encode(),
        "/data.pq": make_parquet(),
        "/data.arff": make_arff(),
    }
    return site


def read(data):
    read_again = check_rows(
        open_statement_file(data.path, schema=CREDIT_CARD).read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    return read_again.accepted_rows()


def test_uci_s_archive_is_fetched_checked_and_cached(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()

    data = site.fetch(tmp_path / "cache")

    assert data == PublicData(
        tmp_path / "cache" / f"credit-card-clients-{DIGEST[:12]}.parquet", "uci"
    )
    rows = read(data)
    assert digest_public_rows(rows, schema=CREDIT_CARD) == DIGEST
    assert rows["client_id"].to_list() == ["1", "2", "3"]
    assert rows["statement_month"].unique().to_list() == ["2005-09"]
    assert rows["defaulted"].to_list() == [1, 1, 0]
    assert list((tmp_path / "cache").iterdir()) == [data.path]
    assert site.asked == ["/uci.zip"]


def test_the_second_time_nothing_is_fetched(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()
    first = site.fetch(tmp_path)
    site.asked.clear()

    second = site.fetch(tmp_path)

    assert second == PublicData(first.path, "cache")
    assert site.asked == []


@pytest.mark.parametrize(
    "spoil", [lambda whole: whole[:200], lambda _: b"", lambda _: make_parquet()]
)
def test_a_damaged_cache_is_discarded_and_fetched_again(site, tmp_path, spoil):
    site.pages["/uci.zip"] = make_archive()
    path = site.fetch(tmp_path).path
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))

    again = site.fetch(tmp_path)

    assert again.source == "uci"
    assert read(again)["client_id"].to_list() == ["1", "2", "3"]


def test_what_was_downloaded_once_is_found_without_a_source(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()
    before = find_public_data(cache=tmp_path, digest=DIGEST)
    fetched = site.fetch(tmp_path)
    site.asked.clear()

    found = find_public_data(cache=tmp_path, digest=DIGEST)

    assert (before, found) == (None, PublicData(fetched.path, "cache"))
    assert site.asked == []


def test_a_cache_of_other_rows_is_discarded(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()
    path = site.fetch(tmp_path).path
    pl.read_parquet(path).with_columns(pl.col("age") + 1).write_parquet(path)

    assert site.fetch(tmp_path).source == "uci"


def test_openml_is_asked_second_and_its_clients_are_numbered(openml, tmp_path):
    data = openml.fetch(tmp_path)

    assert data.source == "openml"
    assert read(data)["client_id"].to_list() == ["1", "2", "3"]
    assert openml.asked == ["/uci.zip", "/42477", "/data.pq"]


def test_openml_s_arff_serves_where_there_is_no_parquet(openml, tmp_path):
    openml.pages["/42477"] = json.dumps(
        {"data_set_description": {"url": openml.url("/data.arff")}}
    ).encode()

    assert openml.fetch(tmp_path).source == "openml"


def test_both_sources_give_the_same_rows(openml, tmp_path):
    from_openml = read(openml.fetch(tmp_path / "a"))
    openml.pages["/uci.zip"] = make_archive()

    assert read(openml.fetch(tmp_path / "b")).equals(from_openml)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (None, "the answer 404 Not Found"),
        (b"", "a damaged archive"),
        (b"<html>Please log in</html>", "a damaged archive"),
        (make_archive()[:-300], "a damaged archive"),
        (make_archive("data.csv", b"ID\n1\n"), "no workbook in the archive"),
        (make_archive(content=b"no workbook"), "source.xls: text, not the bytes of a .xls file"),
        (make_archive(content=make_workbook()[:3_000]), "source.xls: a damaged workbook"),
        (make_archive(content=make_workbook(CLIENTS[:2])), "2 rows with the digest"),
        (
            make_archive(
                content=make_workbook([[*CLIENTS[0][:5], 7, *CLIENTS[0][6:]], *CLIENTS[1:]])
            ),
            "3 rows with the digest",
        ),
        (lambda handler: send(handler, make_archive(), length=100_000), "bytes, then the end"),
        (lambda handler: handler.wfile.write(b"garbage\r\n\r\n"), "BadStatusLine"),
        (lambda handler: handler.connection.close(), "the file"),
        (lambda _: time.sleep(60), "no answer, not one within 1 s"),
        (drip_headers, "no answer, not one within 1 s"),
        (drip, "a body that does not end, not all of it within 1 s"),
    ],
)
def test_a_source_that_fails_is_named_with_its_reason_and_nothing_is_cached(
    site, tmp_path, page, reason
):
    site.pages["/uci.zip"] = page

    with pytest.raises(ServiceError) as caught:
        site.fetch(tmp_path, **BRIEF)

    assert reason in caught.value.found
    assert f"{site.url('/42477')}: the answer 404 Not Found" in caught.value.found
    assert "simulated data" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "description",
    [b"", b"[]", b"{}", b'{"data_set_description": 1}', b'{"data_set_description": {}}'],
)
def test_a_description_that_says_no_place_is_refused(openml, tmp_path, description):
    openml.pages["/42477"] = description

    with pytest.raises(ServiceError, match=r"no data set description|without the data's address"):
        openml.fetch(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"@relation x\n@data\n1,2\n", b"@attribute x real\n1,2\n"]
)
def test_what_is_no_arff_is_refused(openml, tmp_path, content):
    openml.pages |= {
        "/42477": json.dumps({"data_set_description": {"url": openml.url("/data.arff")}}).encode(),
        "/data.arff": content,
    }

    with pytest.raises(ServiceError, match="no ARFF table"):
        openml.fetch(tmp_path)


def test_a_description_cannot_point_at_a_file(openml, tmp_path):
    secret = tmp_path / "secret.pq"
    secret.write_bytes(make_parquet())
    openml.pages["/42477"] = json.dumps(
        {"data_set_description": {"parquet_url": secret.as_uri()}}
    ).encode()

    with pytest.raises(ServiceError, match="begins with http:// or https://"):
        openml.fetch(tmp_path / "cache")


@pytest.mark.parametrize(
    "name", ["../../escaped.xls", "/tmp/escaped-credit-default.xls", "..\\escaped.xls"]
)
def test_an_archive_s_names_are_never_paths(site, tmp_path, name):
    site.pages["/uci.zip"] = make_archive(name)

    data = site.fetch(tmp_path / "a" / "b" / "cache")

    assert data.source == "uci"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [data.path.name]


def test_an_archive_that_unpacks_beyond_measure_is_refused(site, tmp_path):
    site.pages["/uci.zip"] = make_archive(content=b"\x00" * 100_000_001)

    with pytest.raises(
        ServiceError, match="an archive that unpacks to more than 100,000,000 bytes"
    ):
        site.fetch(tmp_path)


def test_an_encrypted_archive_is_refused(site, tmp_path):
    content = bytearray(make_archive())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    site.pages["/uci.zip"] = bytes(content)

    with pytest.raises(ServiceError, match=r"a damaged archive .*encrypted"):
        site.fetch(tmp_path)


def test_no_server_at_all_is_reported_for_both_sources(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/x"

        with pytest.raises(ServiceError) as caught:
            fetch_public_data(cache=tmp_path, uci_url=url, openml_url=url, timeout_seconds=1)

    assert caught.value.found.count("refused") == 2


def test_a_cache_that_cannot_be_written_to_is_an_error(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()
    (tmp_path / f"credit-card-clients-{DIGEST[:12]}.parquet" / "occupied").mkdir(parents=True)

    with pytest.raises(ServiceError, match=r"cache .*expected a writable folder"):
        site.fetch(tmp_path)


def test_a_cache_that_cannot_be_made_is_an_error(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()
    (tmp_path / "file").write_text("x")

    with pytest.raises(ServiceError, match=r"cache .*not a writable folder"):
        site.fetch(tmp_path / "file" / "cache")


def test_download_takes_no_more_than_it_may(site):
    site.pages["/x"] = b"x" * 1_000

    assert download_file(site.url("/x"), limits=TransferLimits(most_bytes=1_000)) == b"x" * 1_000
    with pytest.raises(ServiceError, match="a larger file; expected at most 999 bytes"):
        download_file(site.url("/x"), limits=TransferLimits(most_bytes=999))


def test_download_follows_a_redirect_but_not_to_a_file(site, tmp_path):
    def redirect(target):
        def answer(handler):
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.end_headers()

        return answer

    site.pages |= {"/x": b"x", "/a": redirect("/x"), "/b": redirect(tmp_path.as_uri())}

    assert download_file(site.url("/a"), limits=TransferLimits()) == b"x"
    with pytest.raises(ServiceError, match="302"):
        download_file(site.url("/b"), limits=TransferLimits())


@pytest.mark.parametrize("patience", [0.0, 60.0])
def test_silence_is_told_the_same_whoever_gives_up_first_the_socket_or_the_caller(site, patience):
    """Which of the two it is depends on how busy the machine is."""
    site.pages["/a"] = lambda _: time.sleep(60)
    transfer = _Transfer(site.url("/a"), TransferLimits(answer_seconds=0.2))
    thread = threading.Thread(target=transfer.run, daemon=True)
    thread.start()
    thread.join(patience)

    found = transfer.failure
    if found is None:  # the caller has lost its patience
        with pytest.raises(ServiceError) as caught:
            download_file(transfer.url, limits=transfer.limits)
        found = caught.value

    assert (found.found, found.expected) == ("no answer", "one within 0.2 s")


def test_a_slow_server_costs_no_more_than_its_deadline(site, tmp_path):
    site.pages |= {"/uci.zip": drip_headers, "/42477": drip}
    start = time.monotonic()

    with pytest.raises(ServiceError):
        site.fetch(tmp_path, timeout_seconds=0.3, body_seconds=0.3)

    assert time.monotonic() - start < 60


def test_the_real_data_is_what_the_digest_on_record_says(site, real_data, tmp_path):
    rows = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    ).accepted_rows()
    content = io.BytesIO()
    rows.drop("client_id", "statement_month").rename(
        dict(zip([*CREDIT_CARD.names[2:], "defaulted"], OPENML_HEADER, strict=True))
    ).write_parquet(content)
    description = {"data_set_description": {"parquet_url": site.url("/data.pq")}}
    site.pages |= {"/42477": json.dumps(description).encode(), "/data.pq": content.getvalue()}

    data = fetch_public_data(
        cache=tmp_path, uci_url=site.url("/uci.zip"), openml_url=site.url("/42477")
    )

    assert data.source == "openml"
    assert read(data).equals(rows)


def test_a_file_that_is_not_the_public_data_is_refused_by_digest_and_not_by_name(site, tmp_path):
    site.pages["/uci.zip"] = make_archive()

    with pytest.raises(ServiceError, match="expected one source") as caught:
        site.fetch(tmp_path, digest="0" * 64)

    assert (
        f"3 rows with the digest {DIGEST[:12]}…, not the public data, digest 000000000000…"
        in caught.value.found
    )
    assert not isinstance(caught.value, InputError)
