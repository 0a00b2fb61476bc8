import datetime as dt

import pytest
from tests.fakes.batch_tables import put_scores

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.ledger import append_entry
from credit_default.flows.maintain import maintain

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)


def run(lake):
    state = maintain(overrides={"lake": str(lake.home)}, return_state=True)
    return state.name, state.result()


def test_run_is_named_by_what_was_done_and_broken_where_the_proof_fails(make_lake, tmp_path):
    lake = open_lake(make_lake(tmp_path / "lake"))
    for number in range(8):
        entry = {"event": "refused", "key": str(number), "batch_id": "", "model_version": 0}
        append_entry(lake, **entry, details={}, at=NOON)

    names = [run(lake)[0], run(lake)[0]]
    put_scores(lake, "a" * 16, "2005-09")
    broken, summary = run(lake)

    assert [*names, broken] == ["Maintained", "NothingToDo", "Broken"]
    assert summary.exit_code == 1
    assert "1 results are not on record" in summary.verdicts[1].reasons[0]
