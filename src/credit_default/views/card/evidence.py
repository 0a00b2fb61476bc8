"""The evidence behind a model card as values: what one training read, measured and decided.

`evidence_json` stores every dataclass here by the names of its fields: when a field is renamed, it
must keep its stored name there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from credit_default.data.contract.schema import Schema
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.model.evaluation.economics import Economics
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.model.evaluation.refit_stability import RefitStability
from credit_default.model.evaluation.sensitivity import InputSensitivity
from credit_default.model.fairness.attribute_flip_test import FlipSensitivity
from credit_default.model.fairness.protected_attribute_cost import FairnessComparison
from credit_default.model.fairness.proxy_check import ProxyStrength
from credit_default.model.fairness.report import FairnessReport
from credit_default.model.fairness.slice_metrics import GroupEvaluation
from credit_default.views.documents.document import Picture


@dataclass(frozen=True, slots=True)
class VersionIdentity:
    """Which version of which model this is, and which run, code and libraries made it."""

    name: str
    number: int
    trained_at: str  # ISO 8601, UTC
    run_id: str
    commit: str
    libraries: Mapping[str, str]  # name to version


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """One snapshot that the model was trained or tested on."""

    batch_id: str
    sha256: str
    row_count: int


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The rows behind the model: where they came from and how they were split."""

    origin: str  # "real" or "simulated"
    snapshots: tuple[SnapshotFacts, ...]
    months: tuple[str, ...]  # YYYY-MM, in order
    accepted_count: int
    rejected_count: int
    development_count: int
    test_count: int
    default_share: float  # of all accepted rows, 0-1
    # What is known of each month's outcomes (YYYY-MM to state and reason), also of those left out.
    outcomes: Mapping[str, str] = field(default_factory=dict)
    # those that it is calibrated for, tested on and monitored by, in order: all, or the newest
    regime_months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LossFacts:
    """The expected loss of the test side under the stated assumptions, in the portfolio's currency."""

    policy: LossPolicy
    exposure_amount: float
    expected_loss_amount: float


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """A simpler model on the same test clients, and by how much the model beats it.

    Gains are those of the model, with 95 % intervals; above 0 the model is better.
    """

    name: str
    metrics: Mapping[str, float]
    roc_auc_gain: float
    roc_auc_gain_low: float
    roc_auc_gain_high: float
    log_loss_gain: float
    log_loss_gain_low: float
    log_loss_gain_high: float


@dataclass(frozen=True, slots=True, eq=False)
class CardEvidence:
    """One training, as the card reports it. A part that was not measured is None or empty."""

    identity: VersionIdentity
    bundle: ModelBundle
    schema: Schema
    data: DataFacts
    evaluation: Evaluation  # on the rows that the model is judged by
    verdict: Verdict  # of the promotion gate
    status: str  # after the gate: "promoted", "challenger, approval requested", …
    calibration_reason: str  # why the probabilities were recalibrated or not
    economics: Economics
    loss: LossFacts | None
    fairness: FairnessReport
    fairness_verdict: Verdict
    comparison: FairnessComparison | None
    proxies: tuple[ProxyStrength, ...]
    flips: tuple[FlipSensitivity, ...]
    baselines: tuple[BaselineFacts, ...]
    slices: Mapping[str, tuple[GroupEvaluation, ...]]  # by what divides the rows
    stability: RefitStability | None
    refit_client_share: float  # of the development clients, in each refit; 0-1
    sensitivity: tuple[InputSensitivity, ...]
    folds: Mapping[str, float] = field(default_factory=dict)  # pooled; empty without folds
    folds_description: str = ""  # which folds these are
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    # which rows these are: "out of fold" in a small lake, all of them, each by a model that was
    # fitted on the other folds
    judged_on: Literal["test side", "out of fold"] = "test side"
    recipe_note: str = ""  # what of the recipe follows the data's size

    @property
    def is_out_of_fold(self) -> bool:
        """Whether the model is judged out of fold."""
        return self.judged_on == "out of fold"

    def find_pictures(self, *names: str) -> tuple[Picture, ...]:
        """Return the pictures of these names that were drawn, in the order of the names."""
        return tuple(self.pictures[name] for name in names if name in self.pictures)
