import json

from tests.fakes.validation_reports import POLICY

from credit_default.views.validation.report_json import render_report_json


def test_json_holds_every_result_with_hypothesis_source_policy_and_digest(report):
    content = json.loads(render_report_json(report))

    assert content["format"] == "credit-default validation 1"
    assert len(content["results"]) == len(report.results)
    for result in content["results"]:
        assert result["null_hypothesis"]
        assert result["source"]
        assert result["policy_id"] == POLICY.policy_id
        assert result["input_digest"] == "d" * 64
        assert result["reason"]
    assert render_report_json(report).isascii()
