import os
import re
import shutil
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.adapters.files.statement_files import (
    has_month_column,
    open_statement_file,
    read_header,
)
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError


@pytest.fixture(scope="module")
def rows():
    statements = next(simulate(client_count=40, month_count=1, seed=3)).statements
    return statements.with_columns(pl.col("statement_month").cast(pl.String))


def write_part(rows, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path) if path.suffix == ".parquet" else rows.write_csv(path)


def write_folder(folder, rows, *, ending=".parquet", count=3, done=True):
    """A folder as Spark writes it: parts, their checksums, and the mark that the job is done."""
    for number, part in enumerate(rows.iter_slices(rows.height // count + 1)):
        write_part(part, folder / f"part-{number:05}-ab-c000{ending}")
        (folder / f".part-{number:05}-ab-c000{ending}.crc").write_bytes(b"crc")
    if done:
        (folder / "_SUCCESS").touch()
        (folder / "._SUCCESS.crc").write_bytes(b"crc")
    return folder


def open_folder(folder, **options):
    return open_statement_file(folder, schema=CREDIT_CARD, **options)


def read(folder, **options):
    return pl.concat(list(open_folder(folder, **options).read_batches()))


def refuse(folder, message, **options):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(folder, **options)
    return caught.value


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_the_parts_of_a_folder_are_the_rows_of_one_file(tmp_path, rows, ending):
    folder = write_folder(tmp_path / "november", rows, ending=ending)
    write_part(rows, tmp_path / f"whole{ending}")

    opened = open_folder(folder)

    assert read(folder).equals(read(tmp_path / f"whole{ending}"))  # with their lines
    assert opened.notes == ("3 parts of the folder were read as one batch",)
    assert opened.source.uri == str(folder)
    assert has_month_column(folder, schema=CREDIT_CARD)
    assert read_header(folder, schema=CREDIT_CARD) == opened.header


@settings(max_examples=15, deadline=None)
@given(
    names=st.lists(
        st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,8}\Z"), min_size=1, max_size=6, unique=True
    )
)
def test_parts_are_read_in_the_order_of_their_names(tmp_path_factory, rows, names):
    folder = tmp_path_factory.mktemp("parts")
    for number, name in enumerate(names):
        write_part(rows.slice(number, 1), folder / f"{name}.csv")

    ordered = [
        rows["client_id"][names.index(name[:-4])] for name in sorted(f"{n}.csv" for n in names)
    ]

    assert read(folder)["client_id"].to_list() == ordered


def test_clients_without_ids_are_numbered_through_the_parts(tmp_path):
    header = ",".join([*(f"X{number}" for number in range(1, 24)), "Y"])
    row = "20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0,1"
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"{header}\n{row}\n{row}\n")

    assert read(tmp_path, month="2005-09")["client_id"].to_list() == ["1", "2", "3", "4"]


def test_a_part_without_rows_is_part_of_the_whole(tmp_path, rows):
    folder = write_folder(tmp_path / "november", rows)
    write_part(rows.clear(), folder / "part-00000-aa-c000.parquet")

    assert read(folder).height == 40


def test_a_folder_of_parts_without_rows_is_refused(tmp_path, rows):
    write_part(rows.clear(), tmp_path / "november" / "part-00000.parquet")

    refuse(tmp_path / "november", "found a header and no rows")


# ---- folders whose names give a column


def test_a_folder_s_name_gives_the_month_of_its_rows(tmp_path, rows):
    bare = rows.drop("statement_month")
    for month, part in (("2005-11", bare.head(25)), ("2005-10", bare.tail(15))):
        write_part(part, tmp_path / "t" / f"statement_month={month}" / "part-00000.parquet")
    (tmp_path / "t" / "_SUCCESS").touch()

    table = read(tmp_path / "t")

    assert table["statement_month"].to_list() == ["2005-10"] * 15 + ["2005-11"] * 25
    assert table.columns == [*CREDIT_CARD.names, "line"]


def test_one_partition_is_a_batch_with_its_month(tmp_path, rows):
    folder = tmp_path / "t" / "statement_month=2005-11"
    write_part(rows.drop("statement_month"), folder / "part-00000.parquet")
    shutil.copytree(folder, tmp_path / "t" / "statement_month=2005-12")

    batches = [open_folder(tmp_path / "t" / f"statement_month=2005-{m}") for m in (11, 12)]

    assert {next(batch.read_batches())["statement_month"][0] for batch in batches} == {
        "2005-11",
        "2005-12",
    }
    assert len({batch.source.sha256 for batch in batches}) == 2


@pytest.mark.parametrize(
    ("folder", "column", "value"),
    [
        ("SEX=2", "sex", "2"),
        ("X2=1", "sex", "1"),
        ("year=2005/sex=1", "sex", "1"),
        ("sex=__HIVE_DEFAULT_PARTITION__", "sex", None),
        ("statement_month=2005%2D11", "statement_month", "2005-11"),
    ],
)
def test_a_folder_gives_a_column_under_any_of_its_names(tmp_path, rows, folder, column, value):
    write_part(rows.drop(column), tmp_path / "t" / folder / "a.parquet")

    assert set(read(tmp_path / "t")[column]) == {value}


def test_a_column_in_the_file_and_in_its_folder_s_name_is_refused(tmp_path, rows):
    write_part(rows, tmp_path / "t" / "statement_month=2005-12" / "a.parquet")

    refuse(tmp_path / "t", "found 'statement_month' in the file and in its folder's name")


def test_a_month_given_beside_a_folder_that_gives_it_is_refused(tmp_path, rows):
    bare = rows.drop("statement_month")
    write_part(bare, tmp_path / "t" / "statement_month=2005-11" / "a.parquet")

    refuse(tmp_path / "t", "found both", month="2005-11")


# ---- what is refused


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "found no part files; expected"),
        (["_SUCCESS"], "found no part files, only _SUCCESS: the job wrote no rows"),
        (["_temporary/0/part-00000.parquet"], "'_temporary': the job that writes it has not"),
        (["a.csv", "_temporary/0/x"], "'_temporary': the job that writes it has not"),
        (["a.csv", "_SUCCESS", "_temporary/0/x"], "'_temporary': the job that writes it has not"),
        (["a.csv", ".spark-staging-ab/x"], "'.spark-staging-ab': the job that writes it has"),
        (["a.parquet", "_delta_log/0.json"], "found a Delta table (_delta_log)"),
        (["a.parquet", ".hoodie/x"], "found a Hudi table (.hoodie)"),
        (["a.csv", "read me.txt"], "found 'read me.txt' beside the parts"),
        (["a.csv", "b.parquet"], "found a csv file in the first, a parquet file in the second"),
        (["a.csv", "b-other.csv"], "found not these columns in the first, the columns 'remark'"),
        (["a.csv", "b-empty.csv"], "b-empty.csv: found an empty file"),
    ],
)
def test_a_folder_that_is_not_one_complete_table_is_refused(tmp_path, rows, names, message):
    for name in names:
        path = tmp_path / "t" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in {".csv", ".parquet"} and "empty" not in name:
            other = rows.with_columns(remark=pl.lit("x")) if "other" in name else rows
            write_part(other, path)
        else:
            path.write_bytes(b"x" * (path.suffix == ".txt"))
    (tmp_path / "t").mkdir(exist_ok=True)

    refuse(tmp_path / "t", message)


def test_a_linked_folder_is_refused_and_not_passed_over(tmp_path, rows):
    folder = write_folder(tmp_path / "t", rows)
    (folder / "more").symlink_to(tmp_path)

    refuse(folder, "found a link to a folder, 'more'")


@pytest.mark.parametrize("read_one", [open_statement_file, read_header, has_month_column])
def test_one_part_of_several_is_refused_and_the_folder_named(tmp_path, rows, read_one):
    folder = write_folder(tmp_path / "november", rows)

    with pytest.raises(InputError, match="found one of 3 parts that a job wrote") as caught:
        read_one(folder / "part-00000-ab-c000.parquet", schema=CREDIT_CARD)

    assert caught.value.remedy == f"Name the folder: {folder}"


def test_the_only_part_of_a_table_may_be_named(tmp_path, rows):
    folder = write_folder(tmp_path / "november", rows, count=1)

    assert read(folder / "part-00000-ab-c000.parquet").height == 40


def test_a_file_beside_other_files_may_be_named(tmp_path, rows):
    folder = write_folder(tmp_path / "november", rows, done=False)

    assert read(folder / "part-00000-ab-c000.parquet").height == 14


# ---- the digest, and changes


def test_the_digest_is_of_the_names_and_the_bytes_of_the_parts_alone(tmp_path, rows):
    digests = {}
    for name in ("same", "again", "renamed", "changed"):
        folder = write_folder(tmp_path / name, rows)
        if name == "again":
            (folder / "_metadata").write_bytes(b"x")
        if name == "renamed":
            (folder / "part-00002-ab-c000.parquet").rename(folder / "part-00009-ab-c000.parquet")
        if name == "changed":
            write_part(rows.tail(11), folder / "part-00002-ab-c000.parquet")
        digests[name] = open_folder(folder).source.sha256

    assert digests["same"] == digests["again"]
    assert len(set(digests.values())) == 3


def add_part(folder, rows):
    write_part(rows, folder / "part-00007.parquet")


def rewrite_part(folder, rows):
    write_part(rows, folder / "part-00001-ab-c000.parquet")
    os.utime(folder / "part-00001-ab-c000.parquet", ns=(1, 1))


def remove_part(folder, _rows):
    (folder / "part-00002-ab-c000.parquet").unlink()


def begin_again(folder, _rows):
    (folder / "_temporary").mkdir()


@pytest.mark.parametrize("change", [add_part, rewrite_part, remove_part, begin_again])
def test_a_folder_that_is_written_to_is_no_longer_read(tmp_path, rows, change):
    folder = write_folder(tmp_path / "t", rows)
    opened = open_folder(folder)

    change(folder, rows)

    with pytest.raises(InputError):
        list(opened.read_batches())


def test_dates_of_parts_stay_dates(tmp_path, rows):
    dated = rows.with_columns(statement_month=pl.lit(date(2005, 11, 30)))

    assert read(write_folder(tmp_path / "t", dated))["statement_month"].dtype == pl.Date


def test_one_part_of_several_below_a_folder_that_gives_values_is_no_file_of_its_own(tmp_path, rows):
    folder = tmp_path / "all" / "statement_month=2005-09"
    write_folder(folder, rows.drop("statement_month"), done=False)
    (tmp_path / "all" / "_SUCCESS").touch()

    error = refuse(folder / "part-00000-ab-c000.parquet", "one of 3 parts", month="2005-09")

    assert error.remedy == f"Name the folder: {folder}"


def test_a_file_whose_folder_gives_the_month_is_told_to_be_named_by_it(tmp_path, rows):
    folder = tmp_path / "statement_month=2005-09"
    write_part(rows.drop("statement_month"), folder / "a.parquet")

    error = refuse(folder / "a.parquet", "found neither")

    assert error.remedy == f"Name the folder, which gives the month: {folder}"


def test_an_iceberg_table_is_no_folder_of_parts(tmp_path, rows):
    write_part(rows, tmp_path / "table" / "data" / "00000-0-ab.parquet")
    (tmp_path / "table" / "metadata").mkdir()
    (tmp_path / "table" / "metadata" / "v1.metadata.json").write_text("{}")

    assert refuse(tmp_path / "table", "an Iceberg table").remedy.startswith("Export the rows")


@pytest.mark.parametrize("name", ["README.txt", "Thumbs.db", "sub/notes.docx"])
def test_what_is_no_part_is_named_and_has_to_leave_the_folder(tmp_path, rows, name):
    folder = write_folder(tmp_path / "november", rows)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("hello")

    error = refuse(folder, f"found '{name}' beside the parts")

    assert error.remedy.startswith("Move what is no part out of the folder")


def test_the_mark_that_a_workbook_is_open_is_no_part(tmp_path, rows):
    write_part(rows, tmp_path / "november" / "a.csv")
    (tmp_path / "november" / "~$a.xlsx").write_bytes(b"user")

    assert open_folder(tmp_path / "november").notes == ("the one part of the folder was read",)
