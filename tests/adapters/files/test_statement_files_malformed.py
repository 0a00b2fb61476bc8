"""Thousands of malformed files against a second opinion: no crash, no hang, nothing accepted that should not be.

Where ours may be stricter than the reference: nowhere among these files. (It is, and says so, for a line longer than eight
megabytes, a header further in than 128 kilobytes, and a file whose first bytes are another format's.) Parquet has no second
opinion; its pages carry checksums, so that a damaged file is refused or gives rows of the whole one.
"""

import io
import json
import os
import random
import select
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FAKES = Path(__file__).parents[2] / "fakes"
SECONDS = 30  # for one file; a tenth of a second is usual
BULK = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)

SMALL_HEADER = ["client_id", "statement_month", "grade", "age", "limit", "bill", "defaulted"]
CARD_HEADER = [
    "ID",
    "LIMIT_BAL",
    "SEX",
    "EDUCATION",
    "MARRIAGE",
    "AGE",
    "PAY_0",
    *(f"PAY_{m}" for m in range(2, 7)),
    *(f"BILL_AMT{m}" for m in range(1, 7)),
    *(f"PAY_AMT{m}" for m in range(1, 7)),
    "default.payment.next.month",
]

CELLS = [
    *[
        "",
        " ",
        '""',
        '" "',
        "0",
        "1",
        "2",
        "-1",
        "-0",
        "+1",
        "1.0",
        "1.",
        ".5",
        "1e0",
        "1E+0",
        "10e-1",
        "1e400",
    ],
    *[
        "1e-400",
        "-1e400",
        "9" * 30,
        "9223372036854775807",
        "9223372036854775808",
        "9007199254740993",
        "1e16",
    ],
    *[
        "2.00000000000000000001",
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "1_000",
        "0x10",
        " 12 ",
        "\t30\t",
        "\u00a030",
    ],
    *[
        "\x1f30",
        "\u200b30",
        "\uff11\uff12",
        "٣٠",
        "1 000",
        "1'000",
        "30%",
        "$30",
        "true",
        "null",
        "None",
        "N/A",
        "30\x00",
    ],
    *[
        '"30"',
        '"1,5"',
        '"30"1',
        '3"0',
        '"30',
        '30"',
        '"3""0"',
        '"30 "',
        "'30'",
        '"3\n0"',
        '"3\r\n0"',
        '"3\r0"',
    ],
    *[
        "2005-09",
        "2005-10",
        "2005-13",
        "2005-9",
        "2005-09-01",
        "09/2005",
        "\uff12005-09",
        " 2005-09",
        "0000-01",
    ],
    *[
        "a",
        "a b",
        "ü",
        "=1+1",
        "-a",
        ".a",
        "../../etc/passwd",
        "a" * 64,
        "a" * 65,
        "<script>",
        "\u202ea",
        "a\u0301",
    ],
    *[
        "--1",
        "1-",
        "+-1",
        "e5",
        "1e",
        "1e5.5",
        "1d5",
        "1f",
        "0b1",
        "1L",
        "Infinity",
        "1e+05",
        "30.5",
        "30.0",
        "1" * 5_000,
    ],
]


def make_small(rng, count):
    return [
        [
            f"c{number}",
            "2005-09",
            str(rng.randint(0, 2)),
            str(rng.randint(18, 90)),
            str(rng.randint(100, 900)),
            "50",
            "0",
        ]
        for number in range(count)
    ]


def make_card(rng, count):
    return [
        [
            str(number),
            str(rng.randint(5, 50) * 10_000),
            "2",
            "1",
            "1",
            str(rng.randint(21, 70)),
            *["0"] * 6,
        ]
        + [str(rng.randint(-500, 20_000)) for _ in range(6)]
        + [str(rng.randint(0, 9_000)) for _ in range(6)]
        + ["1"]
        for number in range(1, count + 1)
    ]


# ---- what may go wrong with the cells: lines in (the header first), lines out


def spoil_cell(rng, lines):
    line = rng.choice([line for line in lines[1:] if line] or lines[:1])
    line[rng.randrange(len(line))] = rng.choice(CELLS)


def spoil_column(rng, lines):
    place, cell = rng.randrange(len(lines[0])), rng.choice(CELLS)
    for line in lines[1:]:
        if len(line) == len(lines[0]) and rng.random() < 0.7:
            line[place] = cell


def double_line(rng, lines):
    lines.insert(rng.randint(1, len(lines)), list(rng.choice(lines)))


def many_lines(rng, lines):
    for number in range(30):
        lines.append([f"m{number}", *rng.choice(lines[1:] or lines)[1:]])


def lose_cell(rng, lines):
    line = rng.choice([line for line in lines if line])
    del line[rng.randrange(len(line))]


def gain_cell(rng, lines):
    line = rng.choice([line for line in lines if line])
    line.insert(rng.randint(0, len(line)), rng.choice(CELLS))


def lose_line(rng, lines):
    del lines[rng.randrange(len(lines))]


def strange_line(rng, lines):
    strange = [
        [],
        [" "],
        [""] * len(lines[0]),
        ["# a comment"],
        list(lines[0]),
        ["total", "7"],
        ['"'],
        ['""'],
    ]
    lines.insert(rng.randint(0, len(lines)), list(rng.choice(strange)))


def strange_end(rng, lines):
    lines += [
        list(rng.choice([[], [], [""] * len(lines[0]), [" "]])) for _ in range(rng.randint(1, 3))
    ]


def rename_column(rng, lines):
    place = rng.randrange(len(lines[0]))
    name = lines[0][place]
    new = [
        name.upper(),
        name.title(),
        f" {name} ",
        f'"{name}"',
        f"{name}2",
        "",
        "Y",
        "ID",
        "years",
        '"',
        "\ufeff" + name,
    ]
    lines[0][place] = rng.choice(new)


def swap_columns(rng, lines):
    one, other = rng.randrange(len(lines[0])), rng.randrange(len(lines[0]))
    changed = (
        lines[:1] if rng.random() < 0.5 else [line for line in lines if len(line) == len(lines[0])]
    )
    for line in changed:
        line[one], line[other] = line[other], line[one]


def new_column(rng, lines):
    count = rng.choice([1, 1, 1, 2_000])
    cell = rng.choice([cell for cell in (*CELLS, *lines[0]) if count == 1 or len(cell) <= 20])
    lines[0] += [rng.choice(["remark", cell])] * count
    for line in lines[1:]:
        line.extend([cell] * count)


BROKEN_TITLE = b'"two\nlines"'


def title_lines(rng, lines):
    titles = [[], ["Statements"], ["a;b"], ['"two', 'words"'], ["", "X1", "X2"], ['"two\nlines"']]
    lines[:0] = [list(rng.choice(titles)) for _ in range(rng.randint(1, 6))]


# ---- what may go wrong with the bytes


def cut(rng, content):
    return content[: rng.randint(0, len(content))]


def cut_out(rng, content):
    start = rng.randint(0, len(content))
    return content[:start] + content[start + rng.randint(0, 40) :]


def repeat(rng, content):
    start = rng.randint(0, len(content))
    return content[: start + rng.randint(0, 60)] + content[start:]


def put_in(rng, content):
    pieces = [
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b'"',
        b'""',
        b",",
        b"\n",
        b"\r",
        b"\xef\xbb\xbf",
        b"\x1b[2J",
        b"\\",
    ]
    place = rng.randint(0, len(content))
    return content[:place] + rng.choice(pieces) + content[place:]


def flip_bit(rng, content):
    if not content:
        return content
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def end_lines_otherwise(rng, content):
    if rng.random() < 0.5:
        return content.replace(
            b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\x85"])
        )
    return b"".join(
        rng.choice([b"\n", b"\r\n", b"\r"]) if byte == 10 else bytes([byte]) for byte in content
    )


def encode_otherwise(rng, content):
    text = content.decode("utf-8", "replace")
    return rng.choice(
        [
            b"\xef\xbb\xbf" + content,
            b"\xef\xbb\xbf\xef\xbb\xbf" + content,
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("latin-1", "replace") + b"\xe9",
            content.replace(b",", rng.choice([b";", b"\t", b"|", b", "])),
        ]
    )


def lose_all(rng, content):
    return rng.choice(
        [
            b"",
            b"\n\n",
            b"  ",
            content.partition(b"\n")[0],
            b",,,,\n",
            b'"',
            b"\r",
            content.rstrip(b"\n"),
        ]
    )


OF_LINES = [
    spoil_cell,
    spoil_cell,
    spoil_cell,
    spoil_column,
    double_line,
    many_lines,
    lose_cell,
    gain_cell,
    lose_line,
    strange_line,
    strange_end,
    rename_column,
    swap_columns,
    new_column,
    title_lines,
]
OF_BYTES = [
    cut,
    cut_out,
    repeat,
    put_in,
    put_in,
    flip_bit,
    end_lines_otherwise,
    encode_otherwise,
    lose_all,
]
HOW = st.tuples(
    st.lists(st.sampled_from(OF_LINES), max_size=3),
    st.lists(st.sampled_from(OF_BYTES), max_size=2),
    st.integers(0, 2**32),
)


def make_csv(how, header, make_rows):
    of_lines, of_bytes, seed = how
    rng = random.Random(seed)
    lines = [list(header), *make_rows(rng, rng.randint(1, 4))]
    for spoil in of_lines:
        if lines and lines[0]:  # a title line may be there, an empty one is left as it is
            spoil(rng, lines)
    content = "".join(",".join(line) + "\n" for line in lines).encode()
    for spoil in of_bytes:
        content = spoil(rng, content)
    return content


class Readers:
    """The process that reads: asked for one file at a time, started anew when it is gone."""

    def __init__(self, folder):
        self.folder, self.process, self.file_count = folder, None, 0

    def read(self, content, *, ending=".csv", portfolio="small", month="-"):
        path = self.folder / f"file{ending}"
        path.write_bytes(content)
        self.file_count += 1
        process = self._start()
        process.stdin.write(f"{portfolio} {month} {path}\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], SECONDS)
        answer = process.stdout.readline() if ready else ""
        if not answer:
            self.close()
            pytest.fail(f"{'the reader crashed' if ready else 'the reader hangs'} on {content!r}")
        return json.loads(answer)

    def _start(self):
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(FAKES / "reading_process.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**os.environ, "POLARS_MAX_THREADS": "1"},
            )
        return self.process

    def peak_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    readers = Readers(tmp_path_factory.mktemp("malformed"))
    yield readers
    readers.close()


def check_csv(readers, how, *, header, make_rows, portfolio, month):
    content = make_csv(how, header, make_rows)

    answer = readers.read(content, portfolio=portfolio, month=month)

    ours, reference = answer["ours"], answer["reference"]
    assert "crashed" not in ours, ours["crashed"]
    if reference["refused"] == "a cell over the end of its line" and BROKEN_TITLE in content:
        return  # a title above the header is no row: ours may read on below it
    if "and no other mark" in ours["refused"]:
        assert reference["refused"] or reference["rejected"]
        return  # the reference rejects such rows one by one, and does not ask what they have in common
    if reference["refused"] or ours["refused"]:
        assert bool(reference["refused"]) == bool(ours["refused"]), (reference, ours, content)
    else:
        assert ours == reference, content


def check_small(readers, how):
    check_csv(readers, how, header=SMALL_HEADER, make_rows=make_small, portfolio="small", month="-")


def check_card(readers, how):
    check_csv(
        readers,
        how,
        header=CARD_HEADER,
        make_rows=make_card,
        portfolio="credit-card",
        month="2005-09",
    )


@given(HOW)
@settings(BULK, max_examples=150)
def test_small_malformed_csv_is_read_as_the_reference_reads_it(readers, how):
    check_small(readers, how)


@given(HOW)
@settings(BULK, max_examples=50)
def test_malformed_csv_of_credit_cards_is_read_as_the_reference_reads_it(readers, how):
    check_card(readers, how)


@pytest.mark.nightly
@given(HOW)
@settings(BULK, max_examples=14_000)
def test_fourteen_thousand_small_malformed_csv_files(readers, how):
    check_small(readers, how)


@pytest.mark.nightly
@given(HOW)
@settings(BULK, max_examples=3_000)
def test_three_thousand_malformed_csv_files_of_credit_cards(readers, how):
    check_card(readers, how)


# ---- Parquet and workbooks: whole and right, or refused


def make_table(count=40):
    rng = random.Random(3)
    rows = [
        [cell if place < 2 else float(cell) for place, cell in enumerate(row)]
        for row in make_small(rng, count)
    ]
    return pl.DataFrame(rows, schema=SMALL_HEADER, orient="row").with_columns(
        pl.col("grade", "age").cast(pl.Int64)
    )


def write_parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, write_page_checksum=True, **options)
    return sink.getvalue()


def write_workbook():
    import xlsxwriter

    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate([SMALL_HEADER, *make_table(20).rows()]):
        sheet.write_row(place, 0, row)
    book.close()
    return sink.getvalue()


@pytest.fixture(scope="module")
def whole_files():
    table = (
        make_table()
        .to_arrow()
        .cast(
            pa.schema(
                [
                    (name, pa.string() if name in SMALL_HEADER[:2] else pa.float64())
                    for name in SMALL_HEADER
                ]
            )
        )
    )
    return {
        ".parquet": [
            write_parquet(table, row_group_size=16),
            write_parquet(table, compression="zstd", data_page_version="2.0", use_dictionary=False),
        ],
        ".xlsx": [write_workbook()],
    }


OF_BINARY = [cut, cut_out, repeat, put_in, flip_bit, flip_bit, flip_bit, lose_all]
DAMAGE = st.tuples(
    st.lists(st.sampled_from(OF_BINARY), min_size=1, max_size=3), st.integers(0, 2**32)
)


def check_damaged(readers, whole_files, ending, how):
    damages, seed = how
    rng = random.Random(seed)
    whole = rng.choice(whole_files[ending])
    content = whole
    for damage in damages:
        content = damage(rng, content)

    ours = readers.read(content, ending=ending)["ours"]

    assert "crashed" not in ours, ours["crashed"]
    if not ours["refused"]:
        expected = readers.read(whole, ending=ending)["ours"]["accepted"]
        # The names of columns have no checksum: an outcome whose name is damaged is no outcome.
        expected += [[line, values[:-1]] for line, values in expected]
        assert [row for row in ours["accepted"] if row not in expected] == [], (damages, seed)


@given(DAMAGE)
@settings(BULK, max_examples=180)
def test_damaged_parquet_is_refused_or_gives_rows_of_the_whole_file(readers, whole_files, how):
    check_damaged(readers, whole_files, ".parquet", how)


@given(DAMAGE)
@settings(BULK, max_examples=60)
def test_a_damaged_workbook_is_refused_or_gives_rows_of_the_whole_file(readers, whole_files, how):
    check_damaged(readers, whole_files, ".xlsx", how)


@pytest.mark.nightly
@given(DAMAGE)
@settings(BULK, max_examples=3_000)
def test_three_thousand_damaged_parquet_files(readers, whole_files, how):
    check_damaged(readers, whole_files, ".parquet", how)


@pytest.mark.nightly
@given(DAMAGE)
@settings(BULK, max_examples=1_000)
def test_a_thousand_damaged_workbooks(readers, whole_files, how):
    check_damaged(readers, whole_files, ".xlsx", how)


# ---- Parquet of other types than ours: what each is read as

INTEGERS = [
    pa.int8(),
    pa.int16(),
    pa.uint8(),
    pa.uint32(),
    pa.uint64(),
    pa.float32(),
    pa.decimal128(9, 2),
    pa.float64(),
]
TEXTS = [pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string()]
NESTED = [
    pa.array([[30], [31], None]),
    pa.array([{"a": 1}, {"a": 2}, None]),
    pa.array([True, False, None]),
    pa.array([b"30", b"31", None]),
    pa.array([1, 2, None], pa.timestamp("us")),
    pa.array([1, 2, None], pa.date32()),
    pa.array([1, 2, None], pa.time64("us")),
    pa.array([1, 2, None], pa.duration("s")),
    pa.nulls(3),
    pa.array([float("nan"), float("inf"), None]),
    pa.array([30.5, -1.0, None]),
    pa.array([2**63, 2**64 - 1, None], pa.uint64()),
]


def read_ages(readers, ages, name="age"):
    columns = {
        "client_id": pa.array(["a", "b", "c"]),
        "statement_month": pa.array(["2005-09"] * 3),
        "grade": pa.array([1, 1, 1]),
        "age": pa.array([30, 31, 32]),
        "limit": pa.array([9.0] * 3),
        "bill": pa.array([1.0] * 3),
    }
    return readers.read(write_parquet(pa.table(columns | {name: ages})), ending=".parquet")["ours"]


@pytest.mark.parametrize("kind", INTEGERS, ids=str)
def test_a_whole_number_of_any_type_is_read_and_a_missing_one_rejected(readers, kind):
    ours = read_ages(readers, pa.array([30, 31, None], pa.int8()).cast(kind))

    assert [values[3] for _, values in ours["accepted"]] == [30, 31]
    assert ours["rejected"] == [4]


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_a_number_as_text_of_any_type_is_read(readers, kind):
    ours = read_ages(readers, pa.array(["30", " 31 ", "3O"]).cast(kind))

    assert [values[3] for _, values in ours["accepted"]] == [30, 31]
    assert ours["rejected"] == [4]


@pytest.mark.parametrize("ages", NESTED, ids=lambda ages: str(ages.type))
def test_what_is_no_number_is_rejected_row_by_row(readers, ages):
    assert read_ages(readers, ages) == {"refused": "", "accepted": [], "rejected": [2, 3, 4]}


def test_an_id_of_any_type_is_the_text_it_stands_for(readers):
    for ids in (
        pa.array([1, 2, 3], pa.uint8()),
        pa.array([1.0, 2.0, 3.0]),
        pa.array(["1", "2", "3"]).dictionary_encode(),
    ):
        assert [values[0] for _, values in read_ages(readers, ids, "client_id")["accepted"]] == [
            "1",
            "2",
            "3",
        ]


def test_nested_columns_that_are_not_read_do_not_matter(readers):
    ours = read_ages(readers, pa.array([{"age": 1, "b": [1]}, None, None]), "remark")

    assert len(ours["accepted"]) == 3


def test_a_nested_column_under_our_name_is_not_taken_for_it(readers):
    for ages in (pa.array([{"age": 30}] * 3), pa.array([{"limit": 30}] * 3)):
        assert read_ages(readers, ages)["accepted"] == []


def test_reading_them_all_took_little_memory(readers):
    line = ",".join(make_small(random.Random(0), 1)[0])
    wide = (
        ",".join(SMALL_HEADER) + "\n" + line + "\n" + line.replace("50", "5" * 7_000_000, 1) + "\n"
    )

    readers.read(wide.encode())

    assert readers.peak_mib() < 500
