"""Ids of any text, many of them nasty, from a file to its scores, their export, an explanation, the pages, and to oblivion.

Each is kept to the letter, acts nowhere, and stands in no name, page, tag or log.
"""

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.queries import read_scores, scan_table
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError
from credit_default.flows.monitor import monitor
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect
from credit_default.flows.train import train
from credit_default.services.audit.erasure import forget_client
from credit_default.services.governance.overrides import (
    list_overrides_in_force,
    override_decision,
)
from credit_default.services.scoring.explain_client import explain_client
from credit_default.services.scoring.score_export import export_scores
from credit_default.views.summaries.run_artifact import render_summary_markdown
from credit_default.views.summaries.summary import render_summary, render_summary_json
from credit_default.views.terminal.explanation import render_explanation, summarise_explanation

pytestmark = pytest.mark.xdist_group("prefect")

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
MARK = "qz7w"  # in nearly every id: what is searched for wherever no client may be named
FORMULA_SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
PLAIN_TEXTS = ["007", "0", "a b", "1e5", "12E5", "20001", "020001", "2e", "日本-1", "😀"]
MARKED_TEXTS = [
    *(
        "DE-0001/äö",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(1+1)",
        "\uff1dA1",
        "=1+1",
        "--lake=/x",
    ),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\x",
        "C:\\x",
        "~/.ssh",
        ".hidden",
        "a/b/c",
        "con",
        "a:b",
    ),
    *(
        "<script>alert(1)</script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        "&lt;b&gt;",
        "&amp;",
    ),
    *(
        "[red]alarm[/red]",
        "[/bold]",
        "[link=http://evil.test]ok[/link]",
        "[ok](javascript:alert(1))",
    ),
    *(
        "![x](http://evil.test/x.png)",
        "a | b |",
        "**bold**",
        "`code`",
        "# head",
        "===",
        "> quote",
        "- item",
    ),
    *(
        "http://evil.test/?a=b&c",
        "user@host",
        "mailto:a@b",
        "%2e%2e%2f",
        "a%00b",
        "a?b#c",
        "{{7*7}}",
        "${x}",
    ),
    *(
        "'; DROP TABLE scores; --",
        '" OR ""="',
        "a'b",
        'a"b',
        "a,b",
        "a;b",
        "O'Neil & Söhne",
        "$(reboot)",
        "`id`",
    ),
    *(
        "%s%n",
        "{0}",
        "\\n",
        "\\u0000",
        "nan-1",
        "NULL?",
        "true!",
        "Total: 3",
        "客户",
        "клиент",
        "مشتری",
        "ñandú",
    ),
]
IDS = [*PLAIN_TEXTS, *(f"{text}{MARK}" for text in MARKED_TEXTS)]
UNSOUND = {
    "blank": [" a", "a ", "\u00a0a"],
    "unprintable": [
        "a\x00b",
        "a\x1b[2Jb",
        "a\tb",
        "a\u200bb",
        "\u202ea",
        "a\u2028b",
        "\ufeffa",
        "a\U000e0041",
    ],
    "spelling": ["e\u0301"],
    "format": ["x" * 65, "ä" * 65],
    "guarded": ['="007"', "'=cmd", "'007"],
    "hidden": ["####"],
    "rounded": ["4.5E+15", "4,5E+15", "1E+15", "12345678901234567.0"],
    "separator": ["1,234", "1'234", "123 456"],
    "missing_word": ["NA", "None", "null", "nan"],
    "nullability": [""],
}
LOANS = """
features = [
  { name = "amount", function = "raw", columns = ["amount"] },
  { name = "late", function = "raw", columns = ["late"] },
]
[schema]
name = "text-ids"
version = "1"
key = { client = "Kunde (Nr.)", month = "issued" }
columns = [
  { name = "amount", kind = "amount", description = "Amount lent." },
  { name = "late", kind = "integer", description = "Times late." },
]
outcome = { description = "x", aliases = ["bad"] }
[recipe]
tree_count = 20
[coverage]
lowest_share = 0.5
"""


def make_rows(ids, *, seed=3):
    random = np.random.default_rng(seed)
    late = random.poisson(0.6, len(ids))
    odds = -2.4 + 1.4 * late
    return pl.DataFrame(
        {
            "Kunde (Nr.)": ids,
            "issued": "2026-01",
            "amount": random.uniform(100, 9_000, len(ids)).round(2),
            "late": late,
            "bad": (random.random(len(ids)) < 1 / (1 + np.exp(-odds))).astype(int),
        }
    )


def find_id_faults(ids):
    schema = parse_schema(
        {
            "name": "x",
            "version": "1",
            "key": {"client": "no"},
            "columns": [{"name": "amount", "kind": "amount", "description": "x"}],
            "outcome": {"description": "x"},
        }
    )
    rows = pl.DataFrame({"client_id": ids, "statement_month": "2026-01", "amount": "1"})
    (batch,) = check_rows(lambda: iter([rows]), schema=schema).batches()
    return batch


@pytest.fixture(scope="module")
def scored(prefect_server, make_lake, tmp_path_factory):
    """A champion of a portfolio with such ids, and the batch of all of them that it scored."""
    root = tmp_path_factory.mktemp("ids")
    (root / "loans.toml").write_text(LOANS)
    make_rows([f"{IDS[i % len(IDS)]}/{i}" for i in range(2_000)]).write_csv(root / "training.csv")
    make_rows(IDS, seed=8).drop("bad").write_csv(root / "batch.csv")
    overrides = {
        "portfolio": str(root / "loans.toml"),
        "lake": make_lake(root / "lake"),
        "cache": str(root / "cache"),
        "jobs": 1,
        "report": "drift",
        "data": str(root / "training.csv"),
    }
    trained = train(overrides=overrides, return_state=True)
    assert trained.name == "Promoted", trained.result().outcome
    summary = predict(str(root / "batch.csv"), overrides=overrides, return_state=True).result()
    monitor(summary.batch_id, overrides=overrides, return_state=True).result()
    return connect(overrides, []), summary, root


def test_there_are_more_than_sixty_and_all_differ():
    assert len(set(IDS)) == len(IDS) > 60


def test_all_are_sound_and_kept_to_the_letter():
    batch = find_id_faults(IDS)

    assert batch.accepted["client_id"].to_list() == IDS


@pytest.mark.parametrize("rule", UNSOUND)
def test_what_cannot_be_an_id_is_rejected_by_a_rule_of_its_own(rule):
    batch = find_id_faults([*UNSOUND[rule], "sound"])

    assert batch.accepted["client_id"].to_list() == ["sound"]
    assert batch.rejected["rules"].to_list() == [[f"client_id|{rule}"]] * len(UNSOUND[rule])


def test_a_number_that_lost_nothing_is_read_without_its_decimal_point():
    assert find_id_faults(["20001.0"]).accepted["client_id"].to_list() == ["20001"]


def test_scores_and_snapshot_hold_the_ids_to_the_letter(scored):
    wiring, summary, _ = scored

    scores = read_scores(wiring.lake, batch_id=summary.batch_id)
    rows = pl.concat(list(read_snapshot_rows(read_snapshot(wiring.lake, summary.batch_id))))

    assert sorted(scores["client_id"]) == sorted(rows["client_id"]) == sorted(IDS)


def test_no_cell_of_an_export_is_a_formula_and_each_leads_back_to_its_client(scored, tmp_path):
    wiring, summary, _ = scored

    export_scores(
        wiring.lake,
        batch_id=summary.batch_id,
        model_version=summary.model_version,
        path=tmp_path / "scores.csv",
    )

    with (tmp_path / "scores.csv").open(newline="", encoding="utf-8") as file:
        cells = [row["client_id"] for row in csv.DictReader(file)]
    assert [cell for cell in cells if cell[0] in FORMULA_SIGNS] == []
    assert sorted(read_client_id(cell) for cell in cells) == sorted(IDS)


def test_an_explanation_shows_each_as_it_is_and_lets_none_act(scored):
    wiring, summary, _ = scored
    shown_id = f"<script>alert(1)</script>{MARK}"
    explained = explain_client(wiring, summary.batch_id, shown_id)
    assert explained.client_id == shown_id

    for client in IDS:
        one = summarise_explanation(replace(explained, client_id=client), listed=True)
        console = Console(file=io.StringIO(), width=400, markup=False)
        console.print(render_explanation(replace(explained, client_id=client)))
        console.print(render_summary(one), crop=False, overflow="ignore")

        assert f"client {client}, 2026-01" in console.file.getvalue()
        assert json.loads(render_summary_json(one))["status"].count(client)
        markdown = render_summary_markdown(one, simulated=False)
        (heading,) = [line for line in markdown.splitlines() if line.startswith("# ")]
        bare = re.sub(r"\\.|&#\d+;", "", heading.removeprefix("# "))  # without what is escaped
        assert re.findall(r"[<>`\[\]!~#]|https?:|www\.", bare) == [], client


@pytest.mark.parametrize(
    "text", ["=1+1", "'; DROP TABLE scores; --", "--lake=/x", "../../etc/passwd"]
)
def test_a_decision_on_such_a_client_is_overridden_like_any(scored, text):
    wiring, summary, _ = scored
    client = f"{text}{MARK}"
    scores = read_scores(wiring.lake, batch_id=summary.batch_id, client_id=client)
    other = "accept" if scores["decision"].item() == "decline" else "decline"

    override_decision(
        wiring,
        summary.batch_id,
        client,
        decision=other,
        reason="reviewed",
        by="risk team",
        decided_at=NOW,
        salt="ab" * 16,
    )

    assert client in {one.client_id for one in list_overrides_in_force(wiring)}


def test_no_page_run_ledger_entry_or_file_name_holds_an_id(scored):
    _, _, root = scored
    holders = [
        path.relative_to(root)
        for path in (root / "lake").rglob("*")
        if path.is_file()
        and path.suffix != ".parquet"
        and (MARK in str(path) or MARK.encode() in path.read_bytes())
    ]

    # a Delta log keeps the least and the greatest value of a column, as its format has it
    assert [path for path in holders if "_delta_log" not in path.parts] == []
    assert len(list((root / "lake").rglob("*.html"))) >= 1


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "'; DROP TABLE scores; --", "=cmd|' /C calc'!A0", "DE-0001/äö"],
)
def test_forgetting_one_leaves_no_row_of_it_and_every_row_of_the_others(scored, text):
    wiring, summary, _ = scored
    client = f"{text}{MARK}"
    before = set(read_scores(wiring.lake, batch_id=summary.batch_id)["client_id"])
    typed = f"'{client}" if text.startswith("=") else client  # as an export has it

    forget_client(wiring, typed, forgotten_at=NOW)

    after = set(read_scores(wiring.lake, batch_id=summary.batch_id)["client_id"])
    rows = pl.concat(list(read_snapshot_rows(read_snapshot(wiring.lake, summary.batch_id))))
    assert before - after == {client}
    assert client not in set(rows["client_id"])
    assert client not in set(scan_table(wiring.lake, "scores").collect()["client_id"])
    with pytest.raises(InputError, match="nowhere in the lake"):
        forget_client(wiring, client, forgotten_at=NOW)
