"""Render a validation as one JSON object, for a validator's own tools."""

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any, Final

from credit_default.gates.validation_report.report import ValidationReport

REPORT_FORMAT: Final = "credit-default validation 1"


def render_report_json(report: ValidationReport) -> str:
    """Return the report as JSON in ASCII: every field by its name, results in the battery's order.

    A figure that is not finite is null.
    """
    content = {"format": REPORT_FORMAT, **_to_json_value(report)}
    return json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _to_json_value(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_json_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _to_json_value(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_to_json_value(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
