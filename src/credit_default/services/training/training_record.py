"""What a model card needs of a training that neither the bundle nor the lake can tell later.

It is kept in the run when the version is registered, before its verdict: the card is drawn after that, and drawn by
`reconcile` where the training was killed in between (`services/assessment/owed_cards.py`).
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credit_default.adapters.host.process_marks import find_process_state, parse_mark, read_own_mark
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.data.contract.schema import OUTCOME, STATEMENT_MONTH
from credit_default.errors import ArtifactError
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.cross_validation import CrossValidation
from credit_default.services.training.training_rows import TrainingRows
from credit_default.settings import Settings
from credit_default.views.card.evidence import DataFacts, SnapshotFacts

RECORD_FILE: Final = "training/record.json"
# A version's tag: whose turn it is to draw its card, and after that what became of it.
CARD_TAG: Final = "card"
CARD_DRAWN: Final = "drawn"
_OWED: Final = "owed by process "
# The settings that the challenger, its assessment and its card follow from.
_SECTIONS: Final = (
    "seed",
    "refresh",
    "recipe",
    "sized_parameters",
    "decision",
    "economics",
    "loss",
    "fairness",
    "proxies",
    "stability",
    "promotion",
)


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What one training read, and the settings that its figures follow from."""

    data: DataFacts
    folds: Mapping[str, float]  # the means of its cross-validation; empty where there was none
    from_file: bool  # False: learned from all rows of the lake with known outcomes
    settings: Mapping[str, Any]  # by section, as JSON holds them

    def apply_to(self, settings: Settings) -> Settings:
        """Return the settings with those of the training in place of today's."""
        return Settings(**{**settings.model_dump(), **self.settings})


def build_owed_tag() -> dict[str, str]:
    """Return the tag of a version whose card this process is about to draw."""
    return {CARD_TAG: f"{_OWED}{read_own_mark()}"}


def is_card_owed(version: ModelVersion, *, now: dt.datetime, silence: dt.timedelta) -> bool:
    """Return whether the version's card is not drawn, and nobody is about to draw it.

    Args:
        version: The version.
        now: The present moment.
        silence: After how long a process that may still run is no longer waited for.
    """
    tag = version.tags.get(CARD_TAG, "")
    if not tag.startswith(_OWED):
        return False
    state = find_process_state(parse_mark(tag.removeprefix(_OWED)))
    return state == "gone" or now - version.created_at > silence


def build_record(
    wiring: Wiring, training: TrainingRows, challenger: Challenger, folds: CrossValidation | None
) -> TrainingRecord:
    """Return the record of a training.

    Args:
        wiring: The settings in force.
        training: The rows that it read.
        challenger: The fitted challenger.
        folds: Its cross-validation; None where it was not asked for.
    """
    return TrainingRecord(
        _describe_data(training, challenger),
        folds.average() if folds else {},
        training.from_file,
        wiring.settings.model_dump(mode="json", include=set(_SECTIONS)),
    )


def _describe_data(training: TrainingRows, challenger: Challenger) -> DataFacts:
    rows, sides = training.rows, challenger.sides
    return DataFacts(
        origin=challenger.data_origin,
        snapshots=tuple(
            SnapshotFacts(s.digest, s.source.sha256, s.row_count) for s in training.snapshots
        ),
        months=tuple(rows[STATEMENT_MONTH].unique().sort()),
        accepted_count=rows.height,
        rejected_count=training.rejected_count,
        development_count=sides.development.height,
        test_count=sides.test.height,
        default_share=float(rows[OUTCOME].to_numpy().mean()),
        outcomes={
            month: f"{found.state}: {found.reason}"
            for month, found in training.completeness.items()
        },
        regime_months=tuple(sides.test[STATEMENT_MONTH].unique().sort()),
    )


def render_record(record: TrainingRecord) -> str:
    """Return the record as JSON with sorted keys."""
    return json.dumps(dataclasses.asdict(record), sort_keys=True, indent=1)


def parse_record(text: str) -> TrainingRecord:
    """Return the record that `render_record` wrote.

    Raises:
        ArtifactError: The text is not such a record.
    """
    try:
        found = json.loads(text)
        data = found.pop("data")
        data["snapshots"] = tuple(SnapshotFacts(**snapshot) for snapshot in data["snapshots"])
        data["months"], data["regime_months"] = tuple(data["months"]), tuple(data["regime_months"])
        return TrainingRecord(DataFacts(**data), **found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(
            RECORD_FILE,
            found="a file that is no record of a training",
            expected="the one that its training wrote",
            remedy="Train again.",
        ) from error
