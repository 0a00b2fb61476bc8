from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.errors import CreditDefaultError, InputError
from credit_default.services.validation.column_roles import ColumnChoice
from credit_default.services.validation.scored_file import read_scored_file
from credit_default.services.validation.validate_file import validate_file


def make_scores(row_count=600, *, seed=0) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1.55, 1.15, row_count)
    probability = 1 / (1 + np.exp(-odds))
    return pl.DataFrame(
        {
            "client_id": [f"c{n}" for n in range(row_count)],
            "month": ["2025-01" if n % 2 else "2025-02" for n in range(row_count)],
            "default_probability": probability,
            "defaulted": (generator.random(row_count) < probability).astype(int),
            "risk_band": np.where(probability < 0.2, "low", "high").tolist(),
            "region": generator.choice(["north", "south"], row_count).tolist(),
            "income": generator.lognormal(8, 1, row_count),
        }
    )


def write(frame: pl.DataFrame, path: Path) -> Path:
    frame.write_csv(path)
    return path


def read(path, *, choice=None, reference=None, options=None):
    return read_scored_file(
        path,
        choice or ColumnChoice(),
        reference=reference,
        options=options or ReadingOptions(),
    )


def set_cell(frame, column, value):
    texts = frame[column].cast(pl.String).to_list()
    return frame.with_columns(pl.Series(column, [*texts[:3], value, *texts[4:]]))


def test_columns_are_found_by_their_usual_names(tmp_path):
    frame = make_scores()

    found = read(write(frame, tmp_path / "s.csv"))

    sample = found.sample
    assert sample.default_probability.tolist() == pytest.approx(
        frame["default_probability"].to_list()
    )
    assert sample.defaulted.tolist() == frame["defaulted"].to_list()
    assert sample.band.tolist() == frame["risk_band"].to_list()
    assert sample.month.tolist() == frame["month"].to_list()
    assert sample.client_id.tolist() == frame["client_id"].to_list()
    assert "score 'default_probability'" in found.notes[0]


def test_columns_are_taken_as_they_are_named_segments_and_variables_too(tmp_path):
    frame = make_scores().rename({"default_probability": "P(bad)", "defaulted": "Came Bad"})

    found = read(
        write(frame, tmp_path / "s.csv"),
        choice=ColumnChoice(
            score="p(BAD)", outcome="Came Bad", segments=("region",), variables=("income",)
        ),
    )

    assert found.sample.segments["region"].tolist() == frame["region"].to_list()
    assert found.sample.variables["income"].tolist() == pytest.approx(frame["income"].to_list())


def test_outcomes_may_be_words_and_may_be_missing(tmp_path):
    frame = make_scores(4).with_columns(defaulted=pl.Series(["yes", "no", None, "1"]))

    outcomes = read(write(frame, tmp_path / "s.csv")).sample.defaulted

    assert outcomes[[0, 1, 3]].tolist() == [1, 0, 1]
    assert np.isnan(outcomes[2])


def test_numbers_with_a_decimal_comma_are_read_when_the_mark_is_named(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("score;bad\n0,25;1\n0,5;0\n")

    found = read(path, options=ReadingOptions(decimal=","))

    assert found.sample.default_probability.tolist() == [0.25, 0.5]


def test_the_same_rows_in_csv_parquet_and_xlsx_give_the_same_results(tmp_path):
    frame = make_scores()
    frame.write_csv(tmp_path / "s.csv")
    frame.write_parquet(tmp_path / "s.parquet")
    frame.write_excel(tmp_path / "s.xlsx", float_precision=16)

    found = [
        validate_file(
            tmp_path / f"s.{ending}", ColumnChoice(), reference=None, options=ReadingOptions()
        ).report.results
        for ending in ("csv", "parquet", "xlsx")
    ]

    plain = [[replace(result, input_digest="") for result in results] for results in found]
    assert plain[0] == plain[1]
    # a workbook's numbers are read to nine decimals
    assert [r.light for r in plain[2]] == [r.light for r in plain[0]]


FAULTS = {
    "no score column": (
        lambda f: f.rename({"default_probability": "zzz"}),
        {},
        ("zzz", "--score NAME", "region"),
    ),
    "a named column that is not there": (
        lambda f: f,
        {"outcome": "bad"},
        ("no 'bad' among", "--outcome", "'defaulted'"),
    ),
    "a segment that is not there": (lambda f: f, {"segments": ("x",)}, ("no 'x'", "--segment")),
    "percentages": (
        lambda f: f.with_columns(pl.col("default_probability") * 100),
        {},
        ("line 2", "divide them by 100"),
    ),
    "points": (
        lambda f: f.with_columns(pl.col("default_probability") * 100 + 500),
        {},
        ("not points or log odds",),
    ),
    "log odds": (
        lambda f: f.with_columns(pl.col("default_probability") - 0.5),
        {},
        ("from 0 to 1", "not points or log odds"),
    ),
    "a missing score": (
        lambda f: set_cell(f, "default_probability", None),
        {},
        ("no value in line 5", "Leave out the rows"),
    ),
    "a score that is a word": (
        lambda f: set_cell(f, "default_probability", "high"),
        {},
        ("'high' in line 5", "numbers", "--decimal"),
    ),
    "an outcome of 2": (
        lambda f: set_cell(f, "defaulted", "2"),
        {},
        ("'2' in line 5", "0 (paid), 1 (defaulted)"),
    ),
    "an outcome between": (
        lambda f: set_cell(f, "defaulted", "0.5"),
        {},
        ("'0.5' in line 5", "column 'defaulted'"),
    ),
    "a month that is none": (
        lambda f: set_cell(f, "month", "May"),
        {},
        ("'May' in line 5", "YYYY-MM"),
    ),
    "a missing month": (lambda f: set_cell(f, "month", None), {}, ("line 5", "YYYY-MM")),
    "a missing client": (lambda f: set_cell(f, "client_id", None), {}, ("line 5", "client_id")),
    "too many labels": (
        lambda f: f,
        {"segments": ("client_id",)},
        ("600 different values", "at most 50"),
    ),
    "a variable of words": (
        lambda f: f,
        {"variables": ("region",)},
        ("column 'region'", "numbers"),
    ),
    "a benchmark outside": (
        lambda f: f.with_columns(b=pl.col("income")),
        {"benchmark": "b"},
        ("column 'b'", "from 0 to 1"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_not_what_it_should_be_is_refused_in_a_sentence(tmp_path, fault):
    change, named, words = FAULTS[fault]
    path = write(change(make_scores()), tmp_path / "s.csv")

    with pytest.raises(InputError) as refused:
        read(path, choice=ColumnChoice(**named))

    assert refused.value.exit_code == 2
    for word in (*words, "s.csv"):
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.csv", None),
        ("empty.csv", b""),
        ("header.csv", b"score,bad\n"),
        ("scores.pdf", b"%PDF-1.4"),
        ("bytes.csv", b"score,bad\n\xff\xfe,1\n"),
        ("ragged.csv", b"score,bad\n0.5,1\n0.5\n0.1,0\n"),
        ("cut.parquet", b"PAR1 and no more"),
        ("cut.xlsx", b"PK\x03\x04 and no more"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(CreditDefaultError) as refused:
        read(tmp_path / name)

    assert refused.value.exit_code == 2


def test_a_row_without_a_month_is_refused_as_one_without_a_value(tmp_path):
    rows = make_scores().with_columns(
        month=pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise(pl.col("month"))
    )

    with pytest.raises(InputError, match="found no value in line 5, and 1 such cells"):
        read(write(rows, tmp_path / "scores.csv"))


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (make_scores(199), ("200",)),
        (make_scores().with_columns(defaulted=pl.lit(0)), ("default",)),
        (make_scores().with_columns(defaulted=pl.lit(1)), ("outcome",)),
        (make_scores().drop("defaulted"), ("outcome",)),
    ],
    ids=["few rows", "no default", "no payer", "no outcomes"],
)
def test_too_little_is_not_judged_and_gives_no_number(tmp_path, frame, words):
    validated = validate_file(
        write(frame, tmp_path / "s.csv"),
        ColumnChoice(),
        reference=None,
        options=ReadingOptions(),
    )

    results = [result for result in validated.report.results if result.chapter == "discrimination"]
    assert {result.light for result in results} == {"not judged"}
    assert all(result.statistic is None and result.p_value is None for result in results)
    assert any(word in result.reason for result in results for word in words)


def test_a_reference_with_fewer_columns_is_used_for_what_it_has(tmp_path):
    path = write(make_scores(), tmp_path / "s.csv")
    reference = write(make_scores(seed=1).drop("risk_band", "region"), tmp_path / "r.csv")

    found = read(path, choice=ColumnChoice(segments=("region",)), reference=reference)

    assert found.reference.band is None
    assert found.reference.segments == {}
    assert found.notes[-1] == "the reference has no column 'risk_band', 'region'"


def test_a_reference_without_scores_is_refused(tmp_path):
    path = write(make_scores(), tmp_path / "s.csv")
    reference = write(make_scores().drop("default_probability"), tmp_path / "r.csv")

    with pytest.raises(InputError, match=r"r\.csv.*--score"):
        read(path, reference=reference)


def test_the_input_digest_changes_with_content_columns_and_reference(tmp_path):
    path = write(make_scores(), tmp_path / "s.csv")
    other = write(make_scores(seed=1), tmp_path / "o.csv")

    digests = [
        read(path).input_digest,
        read(other).input_digest,
        read(path, choice=ColumnChoice(segments=("region",))).input_digest,
        read(path, reference=other).input_digest,
    ]

    assert len(set(digests)) == 4
    assert read(path).input_digest == digests[0]


def test_the_order_of_the_rows_changes_no_light(tmp_path):
    frame = make_scores()

    found = [
        validate_file(
            write(rows, tmp_path / "s.csv"),
            ColumnChoice(),
            reference=None,
            options=ReadingOptions(),
        ).report.results
        for rows in (frame, frame.sample(fraction=1, shuffle=True, seed=1))
    ]

    assert [(r.test_id, r.subject, r.light) for r in found[0]] == [
        (r.test_id, r.subject, r.light) for r in found[1]
    ]
    for one, other in zip(*found, strict=True):
        if one.statistic is not None:
            assert one.statistic == pytest.approx(other.statistic, rel=1e-9, abs=1e-12)
