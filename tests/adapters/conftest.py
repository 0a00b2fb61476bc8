"""A small fitted bundle, an MLflow database for each test, and a proxy that injects faults between a client and S3."""

import datetime as dt
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.mlflow.registry import Registry
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe, calibrate_pipeline
from credit_default.model.estimator.scoring import attach_reference
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)


def make_rows(count, *, seed=0, prefix="c"):
    """Checked rows with outcomes that the latest status explains; amounts are round, as in the real file."""
    rng = np.random.default_rng(seed)
    columns = {
        "client_id": [f"{prefix}{i:05d}" for i in range(count)],
        "statement_month": ["2005-09"] * count,
        "credit_limit": rng.integers(1, 50, count) * 1e4,
        "sex": rng.integers(1, 3, count),
        "education": rng.integers(1, 5, count),
        "marriage": rng.integers(1, 4, count),
        "age": rng.integers(21, 70, count),
    }
    columns |= {f"repayment_status_m{m}": rng.integers(-2, 4, count) for m in range(1, 7)}
    columns |= {f"bill_amount_m{m}": rng.gamma(1, 5e4, count).round() for m in range(1, 7)}
    columns |= {f"payment_amount_m{m}": rng.gamma(1, 5e3, count).round() for m in range(1, 7)}
    probability = 1 / (1 + np.exp(1.5 - np.maximum(columns["repayment_status_m1"], 0)))
    return pl.DataFrame({**columns, "defaulted": (rng.random(count) < probability).astype(int)})


def make_bundle(*, seed=0, tree_count=5, monotone=False, family="forest"):
    trees = (
        {}
        if family == "scorecard" or ":" in family
        else {"tree_count": tree_count, "leaf_row_count": 20}
    )
    if family == "blend":
        grown = [{"family": name, **trees} for name in ("forest", "boosting")]
        trees = {"members": [*grown, "scorecard"], "weights": [1, 2, 1]}
    recipe = Recipe(seed=seed, monotone=monotone, family=family, **trees)
    bundle = fit(
        recipe,
        make_rows(400),
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        source_digests=["ab" * 32],
    )
    return attach_reference(bundle, make_rows(300, seed=1, prefix="r"))


@pytest.fixture(scope="session")
def bundle():
    return make_bundle()


@pytest.fixture(scope="session")
def other_bundle():
    return make_bundle(seed=7)


@pytest.fixture(scope="session")
def calibrated_bundle(bundle):
    line = Calibration(slope=0.5, intercept=-0.25)
    bare = replace(bundle, pipeline=calibrate_pipeline(bundle.pipeline, line), reference=None)
    return attach_reference(bare, make_rows(300, seed=1, prefix="r"))


@pytest.fixture(scope="session")
def make_family_bundle():
    """Makes a small bundle of a family, monotone if asked."""
    return lambda family, *, monotone=False: make_bundle(family=family, monotone=monotone)


@pytest.fixture(scope="session")
def monotone_bundle():
    return make_bundle(monotone=True)


@pytest.fixture(scope="session")
def scored():
    """Makes scored rows as monitoring sees them: checked rows with score, decision and, if asked for, outcomes."""
    bundle = make_bundle()

    def score(count, *, seed=2, with_outcome=True):
        rows = make_rows(count, seed=seed, prefix=f"s{seed}-")
        rows = attach_reference(bundle, rows).reference
        return rows if with_outcome else rows.drop("defaulted")

    return score


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path / "lake")


@pytest.fixture
def tracking(lake, mlflow_template):
    shutil.copy(mlflow_template, lake.home / "mlflow.db")
    return Tracking(lake.tracking_uri, artifacts_uri=lake.artifacts_uri)


@pytest.fixture
def registry(tracking, lake):
    return Registry(tracking, cache=lake.bundles)


@dataclass(frozen=True)
class FaultProxy:
    """S3 behind a proxy that injects faults on request; `tests/fakes/fault_proxy.py` names them."""

    address: str

    def add(self, method, path, fault, *, times=1, skip=0):
        """The next `times` requests of this method (or "*") whose path and query match get this fault, after `skip`."""
        self._call(
            "POST", {"method": method, "path": path, "fault": fault, "times": times, "skip": skip}
        )

    def clear(self):
        self._call("DELETE")

    @property
    def struck(self) -> int:
        """How many requests got a fault since the rules were last cleared."""
        return sum(rule["struck"] for rule in self._call("GET"))

    def _call(self, method, rule=None):
        body = None if rule is None else json.dumps(rule).encode()
        request = urllib.request.Request(f"{self.address}/-/rules", data=body, method=method)
        with urllib.request.urlopen(request, timeout=300) as reply:
            return json.load(reply)


@pytest.fixture(scope="session")
def fault_proxy_process(s3_server) -> Iterator[FaultProxy]:
    script = Path(__file__).parents[1] / "fakes" / "fault_proxy.py"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, script, str(port), s3_server], stdin=subprocess.DEVNULL
    ) as process:
        proxy = FaultProxy(f"http://127.0.0.1:{port}")
        try:
            _wait_until_listening(port)
            yield proxy
        finally:
            process.kill()


def _wait_until_listening(port):
    for _ in range(3_000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the fault proxy did not start within five minutes")


@pytest.fixture
def fault_proxy(fault_proxy_process, s3_environment, monkeypatch) -> FaultProxy:
    """A proxy without rules, through which every S3 client of this test goes (AWS_ENDPOINT_URL)."""
    fault_proxy_process.clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", fault_proxy_process.address)
    return fault_proxy_process


@pytest.fixture(scope="session")
def _s3_model():
    from botocore.loaders import create_loader

    return create_loader()


@pytest.fixture
def quick_s3_clients(_s3_model, monkeypatch):
    """Lets all clients share one reading of S3's model, which is a fifth of a second of each otherwise."""
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: _s3_model)


@pytest.fixture
def wait_until_gone():
    """Waits until a process is no longer there, or has ended and was not waited for yet (a zombie)."""

    def wait(process_id: int) -> None:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                state = (
                    Path(f"/proc/{process_id}/stat")
                    .read_text(encoding="ascii")
                    .rpartition(")")[2]
                    .split()[0]
                )
            except FileNotFoundError:
                return
            if state == "Z":
                return
            time.sleep(0.05)
        pytest.fail(f"process {process_id} is still there")

    return wait
