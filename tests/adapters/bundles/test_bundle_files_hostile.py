"""Bundles that a hostile store may deliver: none of their code runs, no process crashes, each is refused quickly with its reason.

`tests/fakes/hostile_bundles.py` forges them all and reads them in a separate process, so that a crash ends only that one.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.machine_pace import is_within

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.errors import ArtifactError

SCRIPT = Path(__file__).parents[2] / "fakes" / "hostile_bundles.py"

REFUSED = [
    ("manifest is a pickle", "a bundle.json that can't be read"),
    ("manifest nests a hundred thousand deep", "a bundle.json that can't be read"),
    ("manifest is two megabytes of blanks", "bytes in bundle.json"),
    ("manifest says a key twice", "a bundle.json that can't be read (a key that comes twice"),
    ("manifest holds a number of five thousand digits", "a bundle.json that can't be read"),
    ("manifest is not UTF-8", "a bundle.json that can't be read"),
    ("row count is infinite", "OverflowError: cannot convert float infinity to integer"),
    ("manifest names a file up the tree", "a bundle.json of another format or with other files"),
    ("manifest names an absolute path", "a bundle.json of another format or with other files"),
    ("manifest has no pipeline", "a bundle.json of another format or with other files"),
    ("manifest of another format", "a bundle.json of another format or with other files"),
    ("another scikit-learn wrote it", "scikit-learn 1.4"),
    ("another digest", "the bundle '"),
    ("recipe with an unknown word", "InputError: recipe: found '__class__'"),
    ("recipe of a billion trees", "a wrong number of trees"),
    ("recipe that says monotone and is not", "content with the digest"),
    ("costs that are no numbers", "InputError: cost of a missed: found nan"),
    ("costs that nobody decided", "content with the digest"),
    ("bands that start above 0", "InputError: risk bands: found 0.5"),
    ("calibration that the pipeline has not", "the calibration None"),
    ("source digests that are no list", "TypeError: 'int' object is not iterable"),
    ("features of another version", "content with the digest"),
    ("pipeline is a link out of the folder", "no plain file pipeline.skops"),
    ("rows trained on are a link to a device", "no plain file trained_rows.npy"),
    ("manifest is a pipe that nobody fills", "no plain file bundle.json"),
    ("pipeline is a folder", "no plain file pipeline.skops"),
    ("reference is missing", "no plain file reference.parquet"),
    ("pipeline with one flipped bit", "pipeline.skops with other bytes"),
    ("pickle renamed to skops", "BadZipFile: File is not a zip file"),
    ("archive cut in half", "BadZipFile: File is not a zip file"),
    (
        "entry named up the tree",
        "entries that the schema does not name, or names that are no entries",
    ),
    (
        "entry named by an absolute path",
        "entries that the schema does not name, or names that are no entries",
    ),
    ("entry that is a link", "entries that the schema does not name, or names that are no entries"),
    ("schema that stands there twice", "another version of the skops format"),
    ("entry that unpacks to four gigabytes", "entries of 400"),
    ("entry under a password", "is encrypted, password required for extraction"),
    (
        "entry packed in an unknown way",
        "NotImplementedError: That compression method is not supported",
    ),
    (
        "array that is a pickle of objects",
        "ValueError: Object arrays cannot be loaded when allow_pickle=False",
    ),
    ("array that is an archive of pickles", "malformed tree nodes"),
    ("array that claims a billion nodes", "MemoryError"),
    (
        "function os.system",
        "os.build_features (FunctionNode), which is not on the list of allowed types",
    ),
    (
        "function of a module of its own",
        "canary_module.build_features (FunctionNode), which is not on the list of allowed types",
    ),
    (
        "loader that calls operators",
        "credit_default.bundled.build_features (OperatorFuncNode), which is not on the list of allowed types",
    ),
    (
        "loader that calls methods",
        "credit_default.bundled.build_features (MethodNode), which is not on the list of allowed types",
    ),
    (
        "loader that nobody knows",
        "credit_default.bundled.build_features (EvilNode), which is not on the list of allowed types",
    ),
    (
        "loader of a reduced object",
        "sklearn.ensemble._forest.RandomForestClassifier (ConstructorFromReduceNode), which is not on the list of allowed types",
    ),
    (
        "forest of a class of its own",
        "canary_module.RandomForestClassifier (ObjectNode), which is not on the list of allowed types",
    ),
    (
        "forest of a class that skops would trust",
        "sklearn.ensemble._forest.RandomForestRegressor (ObjectNode), which is not on the list of allowed types",
    ),
    (
        "class name with a way out in it",
        "sklearn.ensemble._forest.RandomForestClassifier.__init__.__globals__ (ObjectNode), which is not on the list of allowed types",
    ),
    (
        "class name that is a list",
        "sklearn.ensemble._forest.['RandomForestClassifier'] (ObjectNode), which is not on the list of allowed types",
    ),
    (
        "trust list of its own",
        "canary_module.RandomForestClassifier (ObjectNode), which is not on the list of allowed types",
    ),
    (
        "file that is not in the archive",
        "entries that the schema does not name, or names that are no entries",
    ),
    ("text that nests a hundred thousand deep", "RecursionError"),
    ("type that is none of ours", "os.system (None), which is not on the list of allowed types"),
    ("schema of another version", "another version of the skops format"),
    ("schema that nests a hundred thousand deep", "RecursionError"),
    ("object that holds itself", "RecursionError"),
    (
        "trust list in the schema's head",
        "canary_module.build_features (FunctionNode), which is not on the list of allowed types",
    ),
    ("feature under a name of many underscores", "content with the digest"),
    (
        "feature of a function that is no word of ours",
        "a feature list that cannot be read (feature list: found 6 faults",
    ),
    ("child outside the tree", "a child outside the tree"),
    ("child before the tree", "a child outside the tree"),
    ("node that is its own parent", "a child outside the tree"),
    ("cycle back to the root", "a child outside the tree"),
    ("node with one child", "a node with one child"),
    ("feature that is not there", "a feature that is not there"),
    ("feature below 0", "a feature that is not there"),
    ("threshold that is no number", "a threshold that is no number"),
    ("threshold without end", "a threshold that is no number"),
    ("unknown direction for missing values", "an unknown direction for missing values"),
    ("two parents of one child", "a node with no parent or with two"),
    ("leaf that is no number", "shares outside 0 to 1"),
    ("leaf above 1", "shares outside 0 to 1"),
    ("leaf that does not sum to 1", "shares that do not sum to 1"),
    ("leaf that says another risk", "content with the digest"),
    ("tree that claims a billion nodes", "a wrong number of tree nodes"),
    ("tree of depth below 0", "a malformed tree depth"),
    ("line that is flat", "a calibration line that does not rise, or too steeply"),
    ("line that falls", "a calibration line that does not rise, or too steeply"),
    ("line that is no number", "a calibration line that does not rise, or too steeply"),
    ("line too steep", "a calibration line that does not rise, or too steeply"),
    ("line without end", "a calibration line that does not rise, or too steeply"),
    ("line that is a text", "a calibration line that is not two numbers"),
    ("line that says another risk", "the calibration {'slope': 0.5, 'intercept': -5.0}"),
    ("line with a method of its own", "unexpected attributes on a CalibratedForest"),
    ("line on no forest", "entries that the schema does not name, or names that are no entries"),
    ("forest with a method of its own", "attributes ['predict_proba'] on a RandomForestClassifier"),
    ("constraints on three features", "constraints on other features"),
    ("constraints of five", "constraints other than -1, 0, 1"),
    ("constraints that were lifted", "a tree under other constraints than its forest"),
    (
        "rows trained on that are pickles",
        "ValueError: Object arrays cannot be loaded when allow_pickle=False",
    ),
    (
        "rows trained on that are fractions",
        "ValueError: trained_rows.npy of float64, not a list of hashes",
    ),
    (
        "rows trained on in two dimensions",
        "ValueError: trained_rows.npy of uint64, not a list of hashes",
    ),
    ("rows trained on in another order", "content with the digest"),
    ("rows trained on that are nothing", "EOFError: No data left in file"),
    (
        "rows trained on that are a bare pickle",
        "ValueError: This file contains pickled (object) data",
    ),
    (
        "rows trained on that are an archive of pickles",
        "ValueError: trained_rows.npy of NpzFile, not a list of hashes",
    ),
    ("rows trained on that claim a thousand billion", "MemoryError"),
    (
        "reference that is a pickle",
        "ValueError: reference.parquet: Parquet magic bytes not found in footer",
    ),
    (
        "reference that only looks like Parquet",
        "ValueError: reference.parquet: Parquet file size is 17 bytes",
    ),
    (
        "reference with a column of a type of its own",
        "ValueError: reference.parquet with columns 'evil' of an unexpected type",
    ),
    ("reference with one column less", "content with the digest"),
    (
        "reference with a column twice",
        'DuplicateError: column appears more than once; names must be unique: ["education"]',
    ),
    (
        "reference of lists",
        "ValueError: reference.parquet with columns 'evil' of an unexpected type",
    ),
    (
        "reference of two hundred million rows",
        "ValueError: reference.parquet of 210000000 values, more than 200000000",
    ),
    (
        "reference with a pickle in its margin",
        "ValueError: reference.parquet: Corrupted message, only 3 bytes available",
    ),
]
# Its content is never read: the bundle beside it is the registered one.
HARMLESS = ["MLmodel beside it that asks for a pickle", "function where its content says another"]


@pytest.fixture(scope="module")
def reports(bundle, calibrated_bundle, monotone_bundle, tmp_path_factory):
    """The result of reading each forgery, by its name."""
    root = tmp_path_factory.mktemp("hostile")
    for name, good in (
        ("plain", bundle),
        ("calibrated", calibrated_bundle),
        ("monotone", monotone_bundle),
    ):
        (root / name).mkdir()
        write_bundle(good, root / name)
    done = subprocess.run(
        [sys.executable, SCRIPT, root], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, (
        f"the reading process ended with {done.returncode}: {done.stderr[-2000:]}"
    )
    return {report["name"]: report for report in map(json.loads, done.stdout.splitlines())}


def test_every_forgery_is_listed_here_and_there_are_more_than_a_hundred(reports):
    assert sorted(reports) == sorted([*(name for name, _ in REFUSED), *HARMLESS])
    assert len(reports) > 100


@pytest.mark.parametrize(("name", "reason"), REFUSED, ids=[name for name, _ in REFUSED])
def test_it_is_refused_with_its_reason_in_a_moment_and_nothing_runs(reports, name, reason):
    report = reports[name]

    assert report["outcome"] == "refused", report["message"]
    assert reason in report["message"]
    assert not report["ran"]
    assert is_within(report["seconds"], 1)
    assert report["grown_megabytes"] < 300


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_never_read_changes_nothing(reports, bundle, name):
    report = reports[name]

    assert (report["outcome"], report["message"], report["ran"]) == ("read", bundle.digest, False)


def spoil_bytes(folder, flips):
    """The pipeline with these bytes changed, and a manifest that agrees: (place as a share of the file, other bits)."""
    path, manifest = folder / "pipeline.skops", folder / "bundle.json"
    content = bytearray(path.read_bytes())
    for place, bits in flips:
        content[int(place * (len(content) - 1))] ^= bits
    path.write_bytes(bytes(content))
    reported = json.loads(manifest.read_text())
    reported["files"]["pipeline.skops"] = hashlib.sha256(bytes(content)).hexdigest()
    manifest.write_text(json.dumps(reported))


FLIPS = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4)


def check_spoilt(bundle, folder, flips):
    folder.mkdir(exist_ok=True)
    write_bundle(bundle, folder)
    spoil_bytes(folder, flips)
    try:
        found = read_bundle(folder, expected_digest=bundle.digest)
    except ArtifactError:
        return
    # A flip in what an archive says of itself (a date, say) changes no model.
    assert found.digest == bundle.digest
    assert np.array_equal(found.trained_rows, bundle.trained_rows)


@given(flips=FLIPS)
@settings(max_examples=40)
def test_flipped_bytes_are_refused_or_change_nothing(bundle, tmp_path_factory, flips):
    check_spoilt(bundle, tmp_path_factory.getbasetemp() / "flipped", flips)


@pytest.mark.nightly
@given(flips=FLIPS)
@settings(max_examples=5_000)
def test_flipped_bytes_are_refused_or_change_nothing_at_length(bundle, tmp_path_factory, flips):
    check_spoilt(bundle, tmp_path_factory.getbasetemp() / "flipped", flips)
