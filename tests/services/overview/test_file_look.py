"""A lake with a champion: what is told of a file before anything is scored, and that nothing of it is kept."""

import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.ledger import read_entries
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.services.intake.sent_files import keep_sent_file
from credit_default.services.overview.file_look import look_at_file

pytestmark = pytest.mark.xdist_group("mlflow")

NOW = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def rows():
    *_, month = simulate(client_count=400, month_count=2, seed=29)
    return month.statements.head(200)


@pytest.fixture
def look(champion_lake, tmp_path):
    def look_at(frame, *, name="april.csv", month=None):
        frame.write_csv(tmp_path / "sent")
        kept = keep_sent_file(
            champion_lake.wiring, tmp_path / "sent", sent_as=name, now=dt.datetime.now(dt.UTC)
        )
        return look_at_file(champion_lake.wiring, kept, month=month, now=NOW)

    return look_at


def test_broken_rules_are_told_with_their_first_rows_and_values(look, rows):
    spoiled = rows.with_columns(sex=pl.when(pl.int_range(pl.len()) < 5).then(9).otherwise("sex"))

    told = look(spoiled)

    (rule,) = told.rules
    assert (told.read_count, told.accepted_count, rule.rule, rule.row_count) == (
        200,
        195,
        "sex|code",
        5,
    )
    assert [(one.line, one.value) for one in rule.examples] == [(2, "9"), (3, "9"), (4, "9")]
    assert [one.client_id for one in rule.examples] == rows["client_id"].head(3).to_list()


def test_looking_records_nothing_and_tells_what_moved_by_all_inputs_alone(
    look, rows, champion_lake
):
    before = read_entries(champion_lake.wiring.lake)
    late = rows.with_columns(repayment_status_m1=pl.lit(3, dtype=pl.Int64))

    told = look(late)

    assert read_entries(champion_lake.wiring.lake) == before
    assert told.drift[0].column == "repayment_status_m1"
    assert told.drift[0].drifted
    assert (told.objection, told.verdict.level) == ("", "ok")


def test_a_file_that_was_scored_already_or_whose_month_stands_cannot_be_sent(
    look, rows, score_rows
):
    scored = score_rows(rows, scored_at=NOW)

    same = look(rows)
    other = look(rows.with_columns(credit_limit=pl.col("credit_limit") + 1))

    assert same.objection == f"it was scored already, as batch {scored.batch_id}"
    assert other.objection == "the quality gate would refuse it"
    assert any(scored.batch_id in reason for reason in other.verdict.reasons)


def test_a_file_without_months_can_be_looked_at_and_not_be_sent(look, rows):
    later = rows.with_columns(client_id=pl.col("client_id") + "-x").drop("statement_month")

    told = look(later, month="2006-01")

    assert told.months == {"2006-01": 200}
    assert "add the column statement_month" in told.objection


@pytest.mark.parametrize(
    ("frame", "name", "words"),
    [
        (pl.DataFrame({"a": [1], "b": [2]}), "other.csv", "columns of other.csv"),
        (pl.DataFrame({"a": [1]}), "other.pdf", "other.pdf: found text called .pdf"),
    ],
)
def test_a_message_names_the_file_and_not_where_it_is_kept(look, champion_lake, frame, name, words):
    with pytest.raises(InputError, match=words) as refused:
        look(frame, name=name)

    assert str(champion_lake.wiring.scratch) not in str(refused.value)
