"""Texts that are paths, formulas, markup or terminal codes, sent in by file names, cells and column names: what of them
comes out again at each exit. None may act there; at most it is shown.
"""

import csv
import io
import json
import re
import unicodedata
from pathlib import Path

import polars as pl
import pytest
import typer
from rich.console import Console

from credit_default.adapters.evidently.html_page import ReportTitle, insert_verdict, render_page
from credit_default.adapters.files.statement_files import open_statement_file, read_header
from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.lake.layout import check_hex, check_month
from credit_default.adapters.storage.port import check_key
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.shared_options import SharedOptions
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import CreditDefaultError, InputError, escape_unprintable, show_examples
from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.run_artifact import escape_markdown, render_summary_markdown
from credit_default.views.summaries.summary import Summary, render_summary, render_summary_json
from credit_default.views.terminal.models import ModelRow, render_models
from credit_default.views.terminal.quarantine import render_rule_counts
from credit_default.views.terminal.settings import SettingLine, render_settings

HOSTILE = {
    "path up": "../../etc/passwd",
    "absolute path": "/etc/passwd",
    "windows path": "..\\..\\windows\\system32",
    "home": "~/.ssh/id_rsa",
    "hidden": ".bashrc",
    "option": "--lake=/tmp",
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+cmd|'/C calc'!A0",
    "minus": "-2+3+cmd|'/C calc'!A0",
    "at": "@SUM(1+1)*cmd|'/C calc'!A0",
    "tab formula": "\t=1+1",
    "wide formula": "\uff1dHYPERLINK(1)",
    "script": "</script><script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "entity": "&lt;script&gt;",
    "rich": "[red]alarm[/red]",
    "rich link": "[link=http://evil.test]ok[/link]",
    "rich broken": "[/bold]",
    "markdown link": "[ok](javascript:alert(1))",
    "markdown image": "![x](http://evil.test/x.png)",
    "markdown table": "a | b |\n| --- |",
    "markdown heading": "===",
    "bare address": "http://evil.test www.evil.test",
    "clear screen": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "terminal link": "\x1b]8;;http://evil.test\x1b\\ok\x1b]8;;\x1b\\",
    "one-byte code": "\x9b2J",
    "return": "refused\rscored",
    "line end": "a\nverdict: ok",
    "line separator": "a\u2028b",
    "backspace": "bad\b\b\bgood",
    "bidirectional": "\u202egpj.exe",
    "isolate": "\u2066abc\u2069",
    "zero width": "cl\u200bient",
    "tag characters": "a\U000e0041",
    "undecodable": "file\udcff",
    "NUL": "a\x00b",
    "quotes": "'; DROP TABLE scores; --",
    "double quotes": '" OR ""="',
    "very long": "x" * 100_000,
}
LOANS = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "columns": [{"name": "income", "kind": "amount", "description": "x"}],
        "outcome": {"description": "x"},
    }
)
FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
PAGE = "<html>\n<head>\n        var data = {JSON};\n</head>\n    <body>\n<p>x</p></body></html>"

every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
storable = pytest.mark.parametrize(
    "text",
    [text for text in HOSTILE.values() if "\udcff" not in text],
    ids=[n for n in HOSTILE if n != "undecodable"],
)


def acts(character):
    """Whether a terminal or a reader's eye may be moved by it: control, format and separators other than the blank."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def assert_plain(shown, *, lines=""):
    assert [character for character in shown if acts(character) and character not in lines] == []


def render(renderable):
    console = Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None)
    console.print(renderable, crop=False, overflow="ignore")
    return console.file.getvalue()


def make_summary(text):
    verdict = Verdict("quality", "alarm", (text,))
    return Summary(
        "predict",
        text,
        verdicts=(verdict,),
        batch_id=text,
        run_id=text,
        counts={text: 1},
        figures={text: 0.5},
        paths={text: text},
        notes=(text,),
    )


def make_rows(text):
    names = {"client_id": [text, "b"], "statement_month": ["2024-01"] * 2, "income": ["1000"] * 2}
    return pl.DataFrame(names)


# ---- in: what a client id may be


@storable
def test_a_hostile_client_id_is_rejected_and_shown_as_it_came(text):
    (batch,) = check_rows(lambda: iter([make_rows(text)]), schema=LOANS).batches()

    if text == "x" * 100_000 or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", text):
        assert batch.accepted["client_id"].to_list() == ["b"]
        assert batch.rejected.select("client_id", "rules").rows() == [(text, ["client_id|format"])]


@storable
@pytest.mark.parametrize("column", ["statement_month", "income"])
def test_a_hostile_cell_rejects_its_row(text, column):
    rows = make_rows("a").with_columns(
        pl.Series(column, [text, "2024-01" if column == "statement_month" else "1"])
    )

    (batch,) = check_rows(lambda: iter([rows]), schema=LOANS).batches()

    assert batch.accepted["client_id"].to_list() == ["b"]
    assert batch.rejected[column].to_list() == [text]


@every_text
def test_a_hostile_text_is_no_name_in_the_lake(text):
    with pytest.raises(InputError):
        check_hex(text, "batch_id")
    with pytest.raises(InputError):
        check_month(text)
    with pytest.raises(InputError):
        ReportTitle(text, 1).text  # noqa: B018 - asking is what refuses


@pytest.mark.parametrize(
    "name",
    ["path up", "absolute path", "windows path", "clear screen", "line end", "NUL", "very long"],
)
def test_a_hostile_key_is_refused(name):
    with pytest.raises(InputError) as caught:
        check_key(f"incoming/{HOSTILE[name]}")

    assert_plain(str(caught.value))


# ---- out: errors and examples


@every_text
def test_an_error_is_one_plain_line(text):
    for error in (
        CreditDefaultError(f"batch {text}", found=text, expected=text, remedy=text),
        InputError(text, found=show_examples([text] * 9), expected="x", remedy="x"),
    ):
        assert_plain(str(error))


@every_text
def test_examples_are_plain_and_short(text):
    shown = show_examples([text] * 9)

    assert_plain(shown)
    assert len(shown) < 700


@every_text
def test_plain_text_stays_as_it_is_and_the_rest_can_be_recognised(text):
    shown = escape_unprintable(text)

    assert_plain(shown)
    assert escape_unprintable(shown) == shown
    if not any(map(acts, text)):
        assert shown == text


@every_text
def test_an_error_of_a_file_fault_is_plain_and_short(text):
    rows = pl.DataFrame(
        {
            "client_id": [f"c{n}" for n in range(30)],
            "statement_month": ["2024-01"] * 30,
            "income": [f"{n}{text.encode('utf-8', 'replace').decode()}" for n in range(30)],
        }
    )

    with pytest.raises(InputError) as caught:
        check_rows(lambda: iter([rows]), schema=LOANS)

    assert_plain(str(caught.value))
    assert len(str(caught.value)) < 1_500


@storable
def test_hostile_column_names_are_shown_plainly(tmp_path, text):
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["client_id", text, text], ["a", "1", "2"]])

    with pytest.raises(InputError) as caught:
        read_header(tmp_path / "a.csv", schema=LOANS, month="2024-01")

    assert_plain(str(caught.value))
    assert len(str(caught.value)) < 1_500


@pytest.mark.parametrize(
    "name",
    ["rich", "clear screen", "terminal link", "line end", "bidirectional", "quotes", "formula"],
)
def test_a_hostile_file_name_is_shown_plainly(tmp_path, name):
    path = tmp_path / (HOSTILE[name].replace("/", "\u2215") + ".csv")
    path.write_text("client_id\na\n", encoding="utf-8")

    with pytest.raises(InputError) as caught:
        list(open_statement_file(path, schema=LOANS, month="2024-01").read_batches())

    assert_plain(str(caught.value))


# ---- out: terminal, JSON, markdown


@every_text
def test_a_summary_in_a_terminal_shows_the_text_and_obeys_nothing_in_it(text):
    shown = render(render_summary(make_summary(text)))

    assert_plain(shown, lines="\n")
    flat = re.sub(r"\s+", "", shown)
    assert (
        flat.count(re.sub(r"\s+", "", escape_unprintable(text))[:60]) >= 3
    )  # status, reason, note: nothing was markup


@every_text
def test_every_other_table_shows_the_text_and_obeys_nothing_in_it(text):
    tables = [
        render_models([ModelRow(1, text, text, text, text, text, text)]),
        render_settings([SettingLine(text, text, text)]),
        render_rule_counts({text: 1}, row_count=1),
    ]

    for table in tables:
        assert_plain(render(table), lines="\n")


@every_text
def test_a_summary_as_json_gives_the_text_back_from_plain_ascii(text):
    written = render_summary_json(make_summary(text))

    assert written.isascii()
    assert_plain(written)
    content = json.loads(written)
    assert (content["status"], content["notes"], content["paths"]) == (text, [text], {text: text})


@every_text
def test_markdown_shows_the_text_and_obeys_nothing_in_it(text):
    written = render_summary_markdown(make_summary(text), simulated=False)

    assert_plain(written, lines="\n")
    bare = re.sub(r"\\.", "", written)  # what is left when each escaped character is taken away
    ours = re.sub(
        r"(?m)^(# predict: |## \w[\w ]*|\| \| \||\|---\|---\||\* |> |\| .*? \| .*? \|$|\*\*quality.*\*\*$)",
        "",
        bare,
    )
    assert re.findall(r"[<>`\[\]!~]|(?<!&)#|https?:|www\.", ours) == []
    assert len(written.splitlines()) == len(
        render_summary_markdown(make_summary("x"), simulated=False).splitlines()
    )


@pytest.mark.parametrize("text", ["=", "===", "- a", "--", "+ a", "1. a", "12. a"])
def test_what_would_begin_a_list_or_a_heading_begins_nothing(text):
    assert re.match(r"&#\d+;", escape_markdown(text))


@pytest.mark.parametrize("text", ["-0.25", "1.5", "2005-09", "+5"])
def test_numbers_stay_readable_in_markdown(text):
    assert escape_markdown(text) == text


# ---- out: what a command says while it runs


@every_text
def test_steps_and_errors_of_a_command_are_plain(text, capsys):
    def act(output):
        with output.step(f"scoring {text}") as found:
            found(text)
        raise InputError(f"batch {text}", found=text, expected="x", remedy="x")

    with pytest.raises(typer.Exit) as ending:
        run_command("predict", act, SharedOptions())

    told = capsys.readouterr()
    assert ending.value.exit_code == 2
    assert told.out == ""
    assert_plain(told.err, lines="\n")


def test_markup_in_a_step_is_shown_as_it_is(capsys):
    with Output("predict", as_json=False, quiet=False).step("scoring [red]x[/red]") as found:
        found("[/bold]")

    assert capsys.readouterr().err.strip() == "✓ scoring [red]x[/red]: [/bold]"


# ---- out: files for other programs


@storable
def test_a_csv_export_runs_nowhere(tmp_path, text):
    frame = pl.DataFrame(
        {"client_id": [text], "reasons": [[text, "late"]], "default_probability": [-0.5]}
    )

    write_table(frame, tmp_path / "scores.csv")

    content = (tmp_path / "scores.csv").read_bytes().decode()
    _, row = csv.reader(io.StringIO(content, newline=""))
    assert_plain(content, lines="\n")
    assert [cell for cell in row[:2] if FORMULA.match(cell)] == []
    assert row[2] == "-0.5"


@storable
def test_a_parquet_export_is_the_data_as_it_came(tmp_path, text):
    frame = pl.DataFrame({"client_id": [text], "reasons": [[text]]})

    write_table(frame, tmp_path / "scores.parquet")

    assert pl.read_parquet(tmp_path / "scores.parquet").equals(frame)


@every_text
def test_a_report_page_shows_the_text_as_text(text):
    title = ReportTitle("ab" * 8, 1)

    page = insert_verdict(
        render_page(PAGE.replace("JSON", json.dumps(text)), title=title),
        Verdict("drift", "alarm", (text,)),
    )

    expected = insert_verdict(render_page(PAGE, title=title), Verdict("drift", "alarm", ("x",)))
    assert re.findall(r"<[^>]*>", page) == re.findall(r"<[^>]*>", expected)


@every_text
def test_a_name_that_becomes_a_path_stays_below_its_folder(tmp_path, text):
    # Tables, snapshots and reports are named by hex digests only; keys of the inbox are checked part by part.
    try:
        key = check_key(f"incoming/{text}")
    except InputError:
        return
    except UnicodeEncodeError:
        pytest.fail("a name that is no UTF-8 is no key")

    assert (tmp_path / key).resolve().is_relative_to(tmp_path.resolve())
    assert Path(key).parts[0] == "incoming"
