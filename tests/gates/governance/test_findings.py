from dataclasses import fields, replace

from credit_default.gates.governance.findings import Finding


def make_finding(**more):
    values = {field.name: "x" for field in fields(Finding)} | {"closed_at": "", "model_version": 1}
    return Finding(**values | more)


def test_a_finding_is_open_until_it_has_an_end():
    finding = make_finding()

    assert finding.is_open
    assert not replace(finding, closed_at="2006-01-01T00:00:00+00:00").is_open
