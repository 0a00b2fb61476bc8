"""Render the evidence behind a card as one JSON object, for a validator's own tools."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from credit_default.views.card.evidence import CardEvidence

# The bundle is in the registry, the schema in the code, the pictures beside the file.
_STORED_ELSEWHERE: Final = frozenset({"bundle", "schema", "pictures"})
# Parts that are stored under another name than their field has.
_STORED_NAMES: Final = {
    "status": "seat",
    "baselines": "rivals",
    "folds_description": "folds_told",
}


def render_evidence_json(evidence: CardEvidence) -> str:
    """Return the evidence as JSON with sorted keys; a figure that is not finite is null.

    The model itself is in the registry under `digest`, and the pictures are beside this file.
    """
    content = {
        _STORED_NAMES.get(f.name, f.name): _to_json_value(getattr(evidence, f.name))
        for f in fields(evidence)
        if f.name not in _STORED_ELSEWHERE
    }
    bundle = evidence.bundle
    content["model"] = {
        "digest": bundle.digest,
        "recipe": _to_json_value(bundle.recipe),
        "decision_policy": {
            **_to_json_value(bundle.decision_policy),
            "threshold": bundle.decision_policy.threshold,
        },
        "schema": [bundle.schema_name, bundle.schema_version],
        "feature_names": list(bundle.feature_names),
        "source_digests": list(bundle.source_digests),
        "row_count": bundle.row_count,
    }
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False)


def _to_json_value(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _to_json_value(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _to_json_value(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_to_json_value(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
