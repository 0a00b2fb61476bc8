from dataclasses import replace

import pytest
from deltalake import DeltaTable, write_deltalake

from credit_default.adapters.delta.erasure import delete_rows
from credit_default.adapters.tables.ledger import append_entry, read_entries
from credit_default.adapters.tables.overrides import write_override
from credit_default.adapters.tables.schemas import locate_table
from credit_default.gates.governance.override import Override
from credit_default.gates.ledger.event_format import write_event
from credit_default.gates.ledger.governance_events import DecisionOverridden
from credit_default.services.audit.override_check import judge_overrides

OVERRIDE = Override(
    batch_id="ab" * 8,
    model_version=1,
    client_id="7",
    statement_month="2005-10",
    scored_decision="decline",
    decision="accept",
    reason="income was proved",
    decided_by="Ada",
    decided_at="2005-12-01T12:00:00.000000+00:00",
    salt="0" * 32,
)


def record(lake, override, at):
    digest = override.compute_digest()
    event = DecisionOverridden(scored_decision="decline", decision="accept", record_digest=digest)
    append_entry(
        lake,
        event=event.name,
        key=digest,
        batch_id=override.batch_id,
        model_version=1,
        details=write_event(event),
        at=at,
    )


def judge(lake):
    return judge_overrides(lake, read_entries(lake))


def test_a_lake_without_overrides_has_nothing_to_judge(wiring):
    assert judge(wiring.lake) == ()


def test_overrides_on_record_are_ok(wiring):
    from tests.services.conftest import NOON

    write_override(wiring.lake, OVERRIDE)
    record(wiring.lake, OVERRIDE, NOON)

    assert [verdict.level for verdict in judge(wiring.lake)] == ["ok"]


@pytest.mark.parametrize("fault", ["put in", "changed", "taken out"])
def test_a_row_that_is_not_the_one_on_record_is_an_alarm(wiring, fault):
    from tests.services.conftest import NOON

    if fault != "put in":
        record(wiring.lake, OVERRIDE, NOON)
    if fault != "taken out":
        changed = replace(OVERRIDE, reason="none") if fault == "changed" else OVERRIDE
        write_override(wiring.lake, changed)
    else:
        write_override(wiring.lake, OVERRIDE)
        delete_rows(locate_table(wiring.lake, "overrides"), "client_id = '7'")

    (verdict,) = judge(wiring.lake)

    assert verdict.level == "alarm"
    assert ("missing" in verdict.reasons[0]) == (fault == "taken out")


def test_a_row_on_record_that_is_put_in_a_second_time_is_an_alarm(wiring):
    from tests.services.conftest import NOON

    write_override(wiring.lake, OVERRIDE)
    record(wiring.lake, OVERRIDE, NOON)
    table = wiring.lake.table_uri("overrides")
    write_deltalake(table, DeltaTable(table).to_pyarrow_table(), mode="append")

    (verdict,) = judge(wiring.lake)

    assert (verdict.level, verdict.figures["unknown_count"]) == ("alarm", 1.0)
