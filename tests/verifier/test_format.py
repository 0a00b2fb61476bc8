"""Every example of docs/format.md, computed by the verifier and, where it has it too, by the system."""

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from sklearn.tree import DecisionTreeClassifier
from verifier.checks.people import digest_override
from verifier.checks.scores import compute_losses, find_threshold
from verifier.checks.snapshots import name_batch
from verifier.model.archive import Tree
from verifier.model.digests import digest_parts, digest_scores
from verifier.model.features import build_matrix
from verifier.model.risk import apply_line, expit, find_leaves, logit
from verifier.reading.ledger import Entry

from credit_default.adapters.tables.score_digests import digest_frames
from credit_default.gates.governance.override import Override
from credit_default.gates.ledger.chain import LedgerEntry, hash_entry
from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.expected_loss import LossPolicy, measure_expected_loss
from credit_default.model.features.row_functions import ROW_FUNCTIONS
from credit_default.model.statistics.logistic import expit as scipy_expit
from credit_default.model.statistics.logistic import logit as scipy_logit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "format.md"
EXAMPLES = dict(
    re.findall(
        r'```json title="example: ([^"]+)"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
)
SCORES = ["client_id", "statement_month", "default_probability", "decision"]


def compute_entry(said):
    entry = said["entry"]
    ours = hash_entry(LedgerEntry(**entry))
    assert Entry(**entry, entry_hash="", month="").compute_hash() == ours
    return {"entry_hash": ours}


def compute_batch(said):
    return {
        "batch_id": name_batch(
            said["sha256"], said["schema"], said["schema_version"], said["month"]
        )
    }


def compute_parts(said):
    return {
        "digest": digest_parts(
            [np.array(part) if isinstance(part, list) else part for part in said["parts"]]
        )
    }


def compute_feature(said):
    columns = [np.array(column) for column in said["columns"]]
    names = [f"x{place}" for place in range(len(columns))]
    rows = pa.table(dict(zip(names, columns, strict=True)))
    feature = {"name": "it", "kept": True, "columns": names}
    feature |= {"function": said["function"], "arguments": said["arguments"]}
    ours = ROW_FUNCTIONS[said["function"]].compute(columns, **said["arguments"])
    assert build_matrix(rows, {"spec": [feature]})[0, 0] == np.float32(ours[0])
    return {"value": float(ours[0])}


def compute_split(said):
    value, threshold = np.float32(said["value"]), said["threshold"]
    tree = DecisionTreeClassifier(max_depth=1).fit([[0.0], [1.0]], [0, 1]).tree_
    nodes = tree.__getstate__()["nodes"]
    nodes["threshold"][0] = threshold
    found = find_leaves(Tree(nodes, tree.value), np.array([[value]]))[0]
    return {"goes_left": bool(found == nodes["left_child"][0])}


def compute_line(said):
    given, line = (
        np.array([said["probability"]]),
        {name: said[name] for name in ("slope", "intercept")},
    )
    ours = calibrate_probability(given, Calibration(**line))
    assert apply_line(given, line) == ours
    return {"calibrated": float(ours[0])}


def compute_decision(said):
    ours = DecisionPolicy(said["missed_default_cost"], said["false_alarm_cost"]).threshold
    assert find_threshold(said) == ours
    return {"threshold": ours}


def compute_loss(said):
    probability = np.array([said["probability"]])
    columns = {name: [said[name]] for name in ("bill_amount_m1", "credit_limit")}
    names = ("conversion_factor", "loss_given_default", "cure_share")
    policy = LossPolicy(**{name: said[name] for name in names})
    ours = measure_expected_loss(pl.DataFrame(columns), probability, policy=policy)
    assert compute_losses(said, pa.table(columns), probability) == ours.to_list()
    return {"expected_loss": ours[0]}


def compute_digest(said):
    rows = pl.DataFrame(said["rows"], schema=SCORES, orient="row")
    ours = digest_frames([rows])
    assert digest_scores(rows.to_arrow()) == ours
    return {"digest": ours}


def compute_override(said):
    ours = Override(**said["row"]).compute_digest()
    assert digest_override(said["row"]) == ours
    return {"record_digest": ours}


COMPUTE = {
    "ledger entry": compute_entry,
    "batch id": compute_batch,
    "digest of parts": compute_parts,
    "feature": compute_feature,
    "split": compute_split,
    "calibration": compute_line,
    "decision": compute_decision,
    "expected loss": compute_loss,
    "digest of scores": compute_digest,
    "override": compute_override,
}


def test_each_example_is_computed():
    assert set(EXAMPLES) == set(COMPUTE)


@pytest.mark.parametrize("name", COMPUTE)
def test_an_example_is_what_the_page_says(name):
    said = json.loads(EXAMPLES[name])

    for key, value in COMPUTE[name](said).items():
        assert said[key] == value, (name, key)


def test_exponentials_and_logarithms_are_those_of_the_system_to_the_last_bit():
    rng = np.random.default_rng(3)
    odds = np.concatenate([rng.normal(0, 5, 20_000), [-800.0, 800.0, 0.0]])
    shares = np.concatenate([rng.random(20_000), [0.3, 0.65, 0.5, 1e-9, 1 - 1e-9]])

    assert np.array_equal(expit(odds), scipy_expit(odds))
    assert np.array_equal(logit(shares), scipy_logit(shares))
