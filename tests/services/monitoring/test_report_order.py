import json

import pytest

from credit_default.errors import ArtifactError
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.verdict import Verdict
from credit_default.services.monitoring.report_order import (
    ReportOrder,
    describe_order,
    parse_order,
)

LIMIT = ColumnDrift("credit_limit", "psi", 0.02, 0.2, drifted=False, spread=0.1, p_value=0.4)
SCORE = ColumnDrift("default_probability", "psi", 0.3, 0.1, drifted=True)
PAGES = {"html": "lake/reports/ab/v1/report.html"}
ORDER = ReportOrder(
    "ab" * 8,
    1,
    "full",
    (Verdict("drift", "alarm", ("the score moved",), {"score": 0.3}), Verdict("feed", "ok", ())),
    DriftReport((LIMIT,), SCORE, 0.5, 100, 200, PAGES, decision=SCORE),
    0.22,
    ("credit_limit",),
    run_id="0a1b",
)


def test_order_is_the_same_after_it_was_on_record():
    stored = json.loads(json.dumps(describe_order(ORDER)))

    assert parse_order("key", stored) == ORDER


@pytest.mark.parametrize("lost", ["verdicts", "report", "batch_id"])
def test_order_of_another_form_is_refused_by_its_key(lost):
    stored = describe_order(ORDER)
    del stored[lost]

    with pytest.raises(
        ArtifactError, match=r"owed report reports/owed/x\.json: found another form"
    ):
        parse_order("reports/owed/x.json", stored)
