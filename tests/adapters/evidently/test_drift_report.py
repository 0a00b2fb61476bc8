import json
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.fakes.evidently_reports import read_drift

from credit_default.adapters.evidently.drift_report import (
    ReportTitle,
    _write_quality,
    render_drift_report,
)
from credit_default.adapters.evidently.frames import take_evenly
from credit_default.data.contract.schema import KEY
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift

pytestmark = pytest.mark.xdist_group("evidently")

TITLE = ReportTitle("ab" * 8, 3, simulated=True)
NAMES = (
    "credit_limit",
    "sex",
    "education",
    "age",
    "bill_amount_m1",
    "payment_amount_m1",
    "payment_amount_m6",
)
# a few columns are enough for most claims, and a report takes its time by the column
FEW = replace(
    CREDIT_CARD, columns=tuple(c for c in CREDIT_CARD.columns if c.name in {*KEY, *NAMES}), rules=()
)


def run(reference, current, folder, **options):
    given = {"schema": FEW, "policy": DriftPolicy(), "folder": folder, "title": TITLE}
    return render_drift_report(reference=reference, current=current, **{**given, **options})


def run_and_read(reference, current, folder, **options):
    """The figures that Evidently publishes on these rows."""
    paths = run(reference, current, folder, **options).paths
    return read_drift(paths, reference=reference, current=current)


@pytest.fixture(scope="module")
def reference(scored):
    return scored(600, seed=3)


@pytest.fixture(scope="module")
def moved(scored):
    return scored(400, seed=4).with_columns(
        pl.col("payment_amount_m1") * 3,
        pl.when(pl.col("education") == 1).then(4).otherwise("education").alias("education"),
    )


@pytest.fixture(scope="module")
def full(reference, moved, tmp_path_factory):
    """One full report, checked by several tests."""
    return run(reference, moved, tmp_path_factory.mktemp("full"), full=True)


@pytest.fixture(scope="module")
def whole(reference, moved, tmp_path_factory):
    """The drift of every column of the portfolio."""
    return run_and_read(reference, moved, tmp_path_factory.mktemp("whole"), schema=CREDIT_CARD)


def decile_index(reference, current):
    edges = np.unique(np.quantile(reference, np.arange(0.1, 0.95, 0.1)))
    shares = [
        np.maximum(
            np.bincount((x[:, None] >= edges).sum(axis=1), minlength=len(edges) + 1) / len(x), 1e-4
        )
        for x in (reference, current)
    ]
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())


def code_index(reference, current):
    codes = sorted(set(reference) | set(current))
    shares = [
        np.maximum([np.mean(x == code) for code in codes], 1e-4) for x in (reference, current)
    ]
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())


def test_every_column_has_the_index_that_numpy_gives(reference, moved, whole):
    assert [column.column for column in whole.columns] == [
        column.name for column in CREDIT_CARD.inputs
    ]
    for found in (*whole.columns, whole.score):
        before, after = reference[found.column].to_numpy(), moved[found.column].to_numpy()
        is_code = reference[found.column].dtype == pl.Int64 and found.column != "age"
        expected = code_index(before, after) if is_code else decile_index(before, after)
        assert found.statistic == pytest.approx(expected, abs=1e-6), found.column
        assert found.method == "psi"
        assert found.drifted == (found.statistic >= found.threshold)


def test_a_planted_shift_is_found_where_it_was_planted_and_nowhere_else(whole):
    drifted = {column.column for column in whole.columns if column.drifted}

    assert drifted == {"payment_amount_m1", "education"}
    assert whole.drifted_share == pytest.approx(2 / 23)
    assert (whole.reference_count, whole.current_count) == (600, 400)


def test_a_clean_batch_is_quiet(reference, scored, tmp_path):
    report = run_and_read(reference, scored(400, seed=5), tmp_path)

    assert judge_drift(report, row_count=400).level == "ok"


def test_swapped_sides_cannot_be_passed_by_place(reference, moved, tmp_path):
    with pytest.raises(TypeError, match="positional"):
        render_drift_report(
            reference, moved, schema=CREDIT_CARD, policy=DriftPolicy(), folder=tmp_path, title=TITLE
        )


def test_each_column_is_measured_by_the_method_and_threshold_of_its_own(reference, moved, tmp_path):
    methods = {
        "credit_limit": ("ks", 0.01),
        "age": ("jensenshannon", 0.2),
        "sex": ("chisquare", 0.005),
    }
    methods |= {"bill_amount_m1": ("wasserstein", 0.3), "education": ("jensenshannon", 0.05)}
    columns = tuple(
        replace(c, drift_method=methods[c.name][0], drift_threshold=methods[c.name][1])
        if c.name in methods
        else c
        for c in FEW.columns
    )

    report = run_and_read(reference, moved, tmp_path, schema=replace(FEW, columns=columns))

    found = {column.column: column for column in report.columns}
    assert {name: (found[name].method, found[name].threshold) for name in methods} == methods
    # ks and chisquare give p-values: a large one is no drift
    assert found["credit_limit"].statistic > 0.01
    assert not found["credit_limit"].drifted
    assert not found["sex"].drifted
    assert found["education"].drifted
    assert found["education"].bin_count == 4


def test_the_page_and_the_dictionary_are_written_and_say_what_they_are(reference, moved, full):
    html, data = (full.paths[kind] for kind in ("html", "json"))
    page, content = Path(html).read_text(encoding="utf-8"), json.loads(Path(data).read_bytes())

    assert "credit-default · batch abababababababab · model version 3 · SIMULATED data" in page
    assert content["title"] == TITLE.text
    assert content["data_origin"] == "simulated"
    found = read_drift(full.paths, reference=reference, current=moved)
    assert {column.column for column in found.columns} == set(NAMES)
    assert (found.score.column, found.decision.column) == ("default_probability", "decision")


def test_the_full_report_has_quality_at_the_decisions_as_they_were_taken(reference, moved, full):
    content = json.loads(Path(full.paths["quality json"]).read_bytes())
    declined, defaulted = moved["decision"] == "decline", moved["defaulted"] == 1

    values = {m["metric_name"].split("(")[0]: m["value"] for m in content["metrics"]}
    assert values["Recall"] == pytest.approx((declined & defaulted).sum() / defaulted.sum())
    assert values["Precision"] == pytest.approx((declined & defaulted).sum() / declined.sum())


def test_no_quality_report_is_written_without_outcomes_of_both_kinds(reference, scored, tmp_path):
    unknown = scored(50, with_outcome=False)
    all_paid = scored(50).with_columns(pl.lit(0).alias("defaulted"))

    assert _write_quality(reference, unknown, tmp_path, title=TITLE) == {}
    assert _write_quality(reference, all_paid, tmp_path, title=TITLE) == {}
    assert list(tmp_path.iterdir()) == []


def test_quality_is_measured_on_the_rows_whose_outcome_is_known(reference, scored, tmp_path):
    current = scored(300).with_columns(
        pl.when(pl.int_range(pl.len()) < 200).then("defaulted").otherwise(None).alias("defaulted")
    )

    paths = _write_quality(reference, current, tmp_path, title=TITLE)

    content = json.loads(Path(paths["quality json"]).read_bytes())
    values = {m["metric_name"].split("(")[0]: m["value"] for m in content["metrics"]}
    known = current.drop_nulls("defaulted")
    declined, defaulted = known["decision"] == "decline", known["defaulted"] == 1
    assert values["Recall"] == pytest.approx((declined & defaulted).sum() / defaulted.sum())


def test_the_same_frames_give_the_same_figures_in_any_order(reference, moved, tmp_path):
    shuffled = [frame.sample(fraction=1, shuffle=True, seed=1) for frame in (reference, moved)]
    drawn = [take_evenly(frame, 250) for frame in (reference, moved)]

    first = run(reference, moved, tmp_path / "a", sample_rows=250).paths
    second = run(*shuffled, tmp_path / "b", sample_rows=250).paths
    third = run(*drawn, tmp_path / "c").paths

    assert [frame.height for frame in drawn] == [250, 250]
    figures = [read_drift(p, reference=drawn[0], current=drawn[1]) for p in (first, second, third)]
    assert figures[0].columns == figures[1].columns == figures[2].columns
    assert figures[0].score == figures[1].score == figures[2].score


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda rows: rows.clear(), "no rows"),
        (lambda rows: rows.drop("age"), "no column 'age'"),
        (
            lambda rows: rows.with_columns(pl.lit(None, dtype=pl.Int64).alias("age")),
            "400 empty values",
        ),
        (lambda rows: rows.with_columns(pl.col("education").cast(pl.String)), "String values"),
        (lambda rows: rows.with_columns(pl.col("education").cast(pl.Float64)), "Float64 values"),
        (
            lambda rows: rows.with_columns(pl.lit("</script>").alias("decision")),
            "column 'decision'",
        ),
    ],
)
def test_what_would_crash_or_run_is_refused_before_evidently_sees_it(
    reference, moved, tmp_path, change, found
):
    with pytest.raises(InputError, match=found):
        run(reference, change(moved), tmp_path)
    with pytest.raises(InputError, match=found):
        run(change(moved), moved, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_reference_is_refused(moved, tmp_path):
    with pytest.raises(InputError, match="none with the model"):
        run(None, moved, tmp_path)


def test_one_row_and_constant_columns_make_a_report_and_no_verdict(reference, scored, tmp_path):
    constant = reference.with_columns(
        pl.lit(0.0).alias("payment_amount_m6"), pl.lit(1).alias("sex")
    )

    report = run_and_read(constant, scored(1), tmp_path)

    assert judge_drift(report, row_count=1).level == "not judged"
    assert all(np.isfinite(column.statistic) for column in report.columns)


def test_the_page_opens_in_a_browser_and_shows_the_table(full):
    browser = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if browser is None:
        pytest.skip("no Chromium: install chromium or google-chrome")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            *(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-sync",
            ),
            *(
                "--disable-background-networking",
                "--disable-component-update",
                f"--user-data-dir={profile}",
            ),
            *("--virtual-time-budget=8000", "--dump-dom", f"file://{full.paths['html']}"),
        ]
        shown = subprocess.run(
            command, capture_output=True, text=True, timeout=600, check=True
        ).stdout

    body = shown[shown.index("<body") :]
    assert "Drift is detected for" in body
    assert "Dataset Drift" not in body
    assert "payment_amount_m1" in body
    assert "PSI (deciles of the reference)" in body
    assert "SIMULATED data" in body
