"""A wrong input costs two seconds of CPU time at most: it is looked at before a server or a heavy library.

CPU time is that of the whole process tree, at the pace of a quiet machine. Of three tries the quickest counts.
"""

import resource
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from tests.fakes.machine_pace import measure_pace

pytestmark = pytest.mark.xdist_group("prefect")

MOST_CPU_SECONDS = 2.0

LEDGER = "tables/ledger/"  # a refusal by the quality gate is on record
UNKNOWN_ID = "0123456789abcdef"

# The command, then the thing that the one line names. {words} are files of `inputs`.
WRONG_INPUTS = {
    "predict: no such file": ("predict {missing}", "no such file"),
    "predict: another table": ("predict {prose}", "found"),
    "predict: no champion": ("predict {good}", "champion: found none"),
    "predict: no folder for --out": ("predict {good} --out {folder}/no/scores.csv", "--out"),
    "predict: --out is the file": ("predict {good} --out {good}", "the file that is read"),
    "predict: --out is a folder": ("predict {good} --out {taken}", "a folder of that name"),
    "quarantine: no table for --out": (f"quarantine {UNKNOWN_ID} --out x.txt", "'.txt'"),
    "predict: no portfolio": ("predict {good} --portfolio {missing}", "portfolio"),
    "predict: no configuration": ("predict {good} --config {missing}", "configuration file"),
    "predict: no such setting": ("predict {good} --config {setting}", "setting colour"),
    "ingest: no such file": ("ingest {missing}", "no such file"),
    "ingest: a column of text": ("ingest {text}", "credit_limit"),
    "ingest: too many broken rows": ("ingest {broken}", "rows rejected"),
    "ingest: a scheme that is none": ("ingest ftp://host/file.csv", "ftp"),
    "train: no such file": ("train --data {missing}", "no such file"),
    "train: a column of text": ("train --data {labelled_text}", "credit_limit"),
    "train: no outcomes": ("train --data {good}", "the outcome"),
    "train: nothing in the lake": ("train --refresh", "no statements with known outcomes"),
    "tune: no such file": ("tune --data {missing} --out {folder}/r.toml", "no such file"),
    "tune: a column of text": ("tune --data {labelled_text} --out {folder}/r.toml", "credit_limit"),
    "tune: no recipe file": ("tune --data {labelled} --out {folder}/r.txt", ".toml"),
    "demo: no such file": ("demo --data {missing}", "no such file"),
    "demo: a column of text": ("demo --data {labelled_text}", "credit_limit"),
    "demo: too few clients": ("demo --data {labelled}", "clients"),
    "demo: no such scenario": ("demo --months 12 --scenario nosuch", "scenario"),
    "outcomes: no such file": ("outcomes {missing}", "no such file"),
    "outcomes: another table": ("outcomes {good}", "observed_at"),
    "outcomes: a batch and no file": (f"outcomes --batch {UNKNOWN_ID}", "no file of outcomes"),
    "monitor: no such batch": (f"monitor {UNKNOWN_ID}", "no scores"),
    "monitor: nothing scored": ("monitor", "no scores"),
    "explain: no such batch": (f"explain {UNKNOWN_ID} 1", "no scores"),
    "explain: no id of a batch": ("explain nosuch 1", "batch_id"),
    "quarantine: no such batch": (f"quarantine {UNKNOWN_ID}", "no batch of that id"),
    "verify: no such batch": (f"verify {UNKNOWN_ID}", "no scores on record"),
    "forget: no such client": ("forget nosuch", "nowhere in the lake"),
    "models show: no such version": ("models show 99", "no version 99"),
    "models compare: no such version": ("models compare 1 99", "no version"),
    "models promote: no such version": ("models promote 99 --reason x", "no version 99"),
    "models rollback: no champion": ("models rollback --reason x", "no champion"),
    "simulate: no such scenario": ("simulate --scenario nosuch --out {folder}/s", "scenario"),
    "simulate: no month": ("simulate --month 2005 --out {folder}/s", "month"),
    "serve: no server": ("serve", "prefect.api_url"),
    "listen: no server": ("listen", "prefect.api_url"),
}
ALWAYS = (  # one for each way to the file, the registry and the tables; the others are tried at night
    "forget: no such client",
    "predict: no champion",
    "train: a column of text",
    "demo: no such scenario",
    "monitor: no such batch",
    "models promote: no such version",
)
REFUSED = {"ingest: too many broken rows"}
WITHOUT_A_LAKE = {"simulate"}


@dataclass(frozen=True)
class Ended:
    exit_code: int
    stdout: str
    stderr: str
    cpu_seconds: float


@pytest.fixture(scope="module")
def inputs(simulated_files, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("inputs")
    good = pl.read_csv(simulated_files.batch, infer_schema=False).head(400)
    labelled = pl.read_csv(simulated_files.training, infer_schema=False).head(400)
    many = pl.lit("many").alias("credit_limit")
    old = pl.when(pl.int_range(pl.len()) < 100).then(pl.lit("old")).otherwise("age").alias("age")
    good.write_csv(folder / "good.csv")
    good.with_columns(many).write_csv(folder / "text.csv")
    good.with_columns(old).write_csv(folder / "broken.csv")
    labelled.write_csv(folder / "labelled.csv")
    labelled.with_columns(many).write_csv(folder / "labelled_text.csv")
    (folder / "prose.csv").write_text("Dear risk team,\nplease find attached the statements.\n")
    (folder / "setting.toml").write_text('colour = "blue"\n')
    names = ("good", "text", "broken", "labelled", "labelled_text", "prose", "missing", "taken")
    (folder / "taken.csv").mkdir()
    files = {name: folder / f"{name}.csv" for name in names}
    return files | {"setting": folder / "setting.toml", "folder": folder}


def run_measured(*arguments, cwd) -> Ended:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "credit_default.cli.main", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ended(ended.returncode, ended.stdout, ended.stderr, spent)


def run_quickest(*arguments, cwd) -> Ended:
    """The quickest of three tries; one that is too slow counts at the pace of a quiet machine."""
    tries = []
    while len(tries) < 3 and (not tries or tries[-1].cpu_seconds > MOST_CPU_SECONDS):
        ended = run_measured(*arguments, cwd=cwd)
        if ended.cpu_seconds > MOST_CPU_SECONDS:
            ended = replace(ended, cpu_seconds=ended.cpu_seconds / measure_pace())
        tries.append(ended)
    return min(tries, key=lambda ended: ended.cpu_seconds)


def expect_refused_at_once(case, inputs, tmp_path):
    line, named = WRONG_INPUTS[case]
    arguments = [part.format(**inputs) for part in line.split()]
    lake = tmp_path / "lake"
    where = [] if arguments[0] in WITHOUT_A_LAKE else ["--lake", str(lake)]

    ended = run_quickest(*arguments, *where, cwd=tmp_path)

    assert (ended.exit_code, ended.stdout) == (1 if case in REFUSED else 2, ""), ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert named in ended.stderr
    assert ended.cpu_seconds <= MOST_CPU_SECONDS
    written = {path.relative_to(lake).as_posix() for path in lake.rglob("*") if path.is_file()}
    assert {name for name in written if not name.startswith(LEDGER)} == set()
    assert bool(written) == (case in REFUSED)


@pytest.mark.parametrize("case", ALWAYS)
def test_wrong_input_is_refused_at_once_in_one_line_and_leaves_no_file(case, inputs, tmp_path):
    expect_refused_at_once(case, inputs, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("case", sorted(set(WRONG_INPUTS) - set(ALWAYS)))
def test_every_wrong_input_is_refused_at_once(case, inputs, tmp_path):
    expect_refused_at_once(case, inputs, tmp_path)


@pytest.mark.parametrize(("file", "exit_code"), [("text", 2), ("broken", 1)])
def test_wrong_rows_are_refused_at_once_where_there_is_a_champion(
    config, inputs, tmp_path, file, exit_code
):
    ended = run_quickest("predict", str(inputs[file]), "--config", str(config), "-q", cwd=tmp_path)

    assert (ended.exit_code, ended.stdout) == (exit_code, ""), ended.stderr
    assert ended.cpu_seconds <= MOST_CPU_SECONDS


def test_wrong_data_of_a_demo_leaves_the_lake_of_the_earlier_demo(inputs, run, tmp_path):
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / ".credit-default-demo").touch()
    (lake / "kept").touch()

    for wrong in (["--data", inputs["text"]], ["--months", "12", "--scenario", "nosuch"]):
        assert run("demo", *wrong, "--lake", lake).exit_code == 2

        assert (lake / "kept").exists()


def test_empty_inbox_starts_no_server(tmp_path):
    ended = run_quickest("predict", "--incoming", "--lake", str(tmp_path / "lake"), cwd=tmp_path)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "0 scored, 0 refused" in ended.stdout
    assert ended.cpu_seconds <= MOST_CPU_SECONDS
