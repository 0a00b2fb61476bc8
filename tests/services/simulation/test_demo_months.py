"""Over two seeds (five at night), the four quiet months raise no alarm and the two drifted ones do, on real and on simulated
clients.

A month's drift is measured here by our own statistics, column for column as the report does it; for one seed the same
months go through the report itself.
"""

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl
import pytest
from tests.fakes.evidently_reports import read_drift

from credit_default.adapters.evidently.drift_report import ReportTitle, render_drift_report
from credit_default.adapters.evidently.statistics import count_by_bins
from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.months import add_months
from credit_default.data.splitting import split
from credit_default.errors import InputError
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.model.estimator.bundle import ModelBundle, measure_input_importance
from credit_default.model.estimator.decision import DecisionPolicy, decide
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.profile.drift_distances import measure_population_stability_index
from credit_default.services.simulation.demo_months import (
    DemoData,
    DemoPolicy,
    write_demo_months,
    write_real_demo_months,
    write_simulated_demo_months,
)
from credit_default.settings import Settings

SEEDS = (0, 1, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (2, 3, 4)))
SCORE = "default_probability"
SMALL = DemoPolicy(batch_rows=200)
NOW = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Lived:
    demo_data: DemoData
    bundle: ModelBundle

    def score(self, month):
        rows = read_statements(month.statements)
        probability = score_probability(self.bundle, rows)
        decision = decide(probability, self.bundle.decision_policy).tolist()
        return rows.with_columns(pl.Series(SCORE, probability), pl.Series("decision", decision))

    def judge(self, month):
        current, reference = self.score(month), self.bundle.reference

        def measure(name, threshold, *, is_code):
            sides = count_by_bins(
                reference[name].to_numpy(), current[name].to_numpy(), is_code=is_code
            )
            index = measure_population_stability_index(*sides)
            bin_count = int(((sides[0] > 0) | (sides[1] > 0)).sum())
            return ColumnDrift(name, "psi", index, threshold, index >= threshold, bin_count)

        columns = tuple(
            measure(c.name, c.drift_threshold, is_code=c.kind == "code") for c in CREDIT_CARD.inputs
        )
        score = measure(SCORE, DriftPolicy().score_threshold, is_code=False)
        return self._judge(DriftReport(columns, score, 0.0, reference.height, current.height, {}))

    def judge_report(self, month, folder):
        reference, current = self.bundle.reference, self.score(month)
        paths = render_drift_report(
            reference=reference,
            current=current,
            schema=CREDIT_CARD,
            policy=DriftPolicy(),
            folder=folder / month.statement_month,
            title=ReportTitle("0123456789abcdef", 1, simulated=False),
        ).paths
        return self._judge(read_drift(paths, reference=reference, current=current))

    def _judge(self, report):
        importance = measure_input_importance(self.bundle)
        return judge_drift(report, row_count=report.current_count, importance=importance)


def read_statements(path, *, outcome="ignored"):
    return check_rows(
        open_statement_file(path, schema=CREDIT_CARD).read_batches,
        schema=CREDIT_CARD,
        outcome=outcome,
    ).accepted_rows()


def read_outcomes(month):
    read = check_rows(
        open_statement_file(month.outcomes, schema=OBSERVED_OUTCOMES).read_batches,
        schema=OBSERVED_OUTCOMES,
        outcome="required",
    )
    assert read.rejected_count == 0
    return read.accepted_rows()


def live(demo_data):
    sides = split(pl.read_parquet(demo_data.training))
    bundle = fit(
        Recipe(tree_count=30),
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )
    return Lived(demo_data, attach_reference(bundle, sides.test))


def ring(verdicts):
    return [not verdict.passed for verdict in verdicts]


PLANTED = [False] * 4 + [True] * 2


@pytest.fixture(scope="module")
def real_rows(real_data):
    read = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    return read.accepted_rows()


@pytest.fixture(scope="module")
def some_rows(simulated_files):
    """Clients of one month under plain names: the input of `write_real_demo_months`."""
    rows = read_statements(simulated_files.training, outcome="required")
    return rows.with_columns(pl.col("client_id").str.replace("SIM-", "c"))


@pytest.fixture(scope="module")
def some_months(some_rows, tmp_path_factory):
    return write_real_demo_months(
        some_rows, tmp_path_factory.mktemp("months"), seed=7, policy=SMALL
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_two_drifted_months_of_real_clients_raise_an_alarm(real_rows, tmp_path, seed):
    lived = live(write_real_demo_months(real_rows, tmp_path, seed=seed, policy=DemoPolicy()))

    verdicts = [lived.judge(month) for month in lived.demo_data.months]

    assert [month.drifted for month in lived.demo_data.months] == PLANTED
    assert ring(verdicts) == PLANTED
    assert all("repayment_status_m1" in " ".join(verdict.reasons) for verdict in verdicts[4:])


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_two_drifted_months_of_simulated_clients_raise_an_alarm(tmp_path, seed):
    lived = live(write_simulated_demo_months(tmp_path, seed=seed, policy=DemoPolicy()))

    verdicts = [lived.judge(month) for month in lived.demo_data.months]

    assert [month.drifted for month in lived.demo_data.months] == PLANTED
    assert ring(verdicts) == PLANTED


@pytest.mark.nightly
def test_the_report_itself_comes_to_the_same_verdicts(real_rows, tmp_path):
    lived = live(write_real_demo_months(real_rows, tmp_path, seed=0, policy=DemoPolicy()))
    months = lived.demo_data.months[
        3:
    ]  # a report takes seconds: the last healthy month, and both drifted ones

    reported = [lived.judge_report(month, tmp_path) for month in months]

    assert ring(reported) == [False, True, True]
    for month, verdict in zip(months, reported, strict=True):
        ours = lived.judge(month)
        assert verdict.level == ours.level
        assert verdict.figures["score_drift"] == pytest.approx(
            ours.figures["score_drift"], abs=1e-9
        )


def test_no_client_of_a_month_is_in_the_training_file_or_in_another_month(some_months, some_rows):
    parts = [
        pl.read_parquet(some_months.training),
        *(read_statements(m.statements) for m in some_months.months),
    ]

    clients = [client for part in parts for client in part["client_id"]]

    assert len(clients) == len(set(clients))
    assert set(clients) <= set(some_rows["client_id"])
    assert [part.height for part in parts[1:]] == [200] * 6


def test_statements_of_a_month_are_the_source_rows_under_another_month(some_months, some_rows):
    for month in some_months.months:
        rows = read_statements(month.statements)
        source = rows.select("client_id").join(
            some_rows, on="client_id", how="left", maintain_order="left"
        )
        assert rows.drop("statement_month").equals(source.drop("statement_month", "defaulted"))


def test_outcomes_are_those_that_really_followed_and_known_after_the_next_month(
    some_months, some_rows
):
    truth = dict(some_rows.select("client_id", "defaulted").iter_rows())

    for month in some_months.months:
        outcomes = read_outcomes(month)
        assert {client: truth[client] for client in outcomes["client_id"]} == dict(
            outcomes.select("client_id", "defaulted").iter_rows()
        )
        assert (
            outcomes["client_id"].to_list()
            == read_statements(month.statements)["client_id"].to_list()
        )
        known_from = add_months(month.statement_month, 2)
        assert set(outcomes["observed_at"].dt.strftime("%Y-%m")) == {known_from}


def test_statements_of_a_month_do_not_say_what_followed(some_months):
    for month in some_months.months:
        assert "defaulted" not in pl.read_csv(month.statements, n_rows=1).columns


def test_months_follow_the_month_of_the_source_one_by_one(some_months, tmp_path):
    simulated = write_simulated_demo_months(
        tmp_path, seed=1, policy=replace(SMALL, client_count=300, history_months=2)
    )

    expected = ["2005-10", "2005-11", "2005-12", "2006-01", "2006-02", "2006-03"]
    assert [month.statement_month for month in some_months.months] == expected
    lived = [*pl.read_parquet(simulated.training)["statement_month"].unique().sort()]
    lived += [month.statement_month for month in simulated.months]
    assert lived == [add_months(lived[0], step) for step in range(8)]


def test_drifted_months_take_late_clients_and_healthy_ones_do_not(some_months, some_rows):
    def share_late(rows):
        return float((rows["repayment_status_m1"] > 0).mean())

    shares = [share_late(read_statements(month.statements)) for month in some_months.months]

    usual = share_late(some_rows)
    assert all(abs(share - usual) < 0.1 for share in shares[:4])
    assert all(share > usual + 0.15 for share in shares[4:])


def test_nothing_depends_on_the_order_of_the_source(some_months, some_rows, tmp_path):
    shuffled = some_rows.sample(fraction=1.0, shuffle=True, seed=11)

    again = write_real_demo_months(shuffled, tmp_path, seed=7, policy=SMALL)

    assert pl.read_parquet(again.training).equals(pl.read_parquet(some_months.training))
    for month, other in zip(some_months.months, again.months, strict=True):
        assert month.statements.read_bytes() == other.statements.read_bytes()
        assert month.outcomes.read_bytes() == other.outcomes.read_bytes()


def test_another_seed_draws_other_clients(some_months, some_rows, tmp_path):
    other = write_real_demo_months(some_rows, tmp_path, seed=8, policy=SMALL)

    assert other.months[0].statements.read_bytes() != some_months.months[0].statements.read_bytes()


def test_file_too_small_for_seven_parts_is_refused(some_rows, tmp_path):
    some_rows.with_columns(statement_month=pl.lit("2010-02")).write_csv(tmp_path / "own.csv")
    settings = Settings(data=str(tmp_path / "own.csv"), cache=str(tmp_path / "cache"))

    with pytest.raises(InputError, match="3,000 clients"):
        write_demo_months(settings, tmp_path / "months", month="2005-09", now=NOW)


def test_months_begin_after_the_file_s_own_month(some_rows, tmp_path):
    twice = pl.concat([some_rows, some_rows.with_columns(client_id="d" + pl.col("client_id"))])
    twice.with_columns(statement_month=pl.lit("2010-02")).write_csv(tmp_path / "own.csv")
    settings = Settings(data=str(tmp_path / "own.csv"), cache=str(tmp_path / "cache"))

    demo_data = write_demo_months(settings, tmp_path / "months", month="2005-09", now=NOW)

    assert demo_data.months[0].statement_month == "2010-03"
    assert pl.read_parquet(demo_data.training).height == 6_000 - 10 * 300


def test_simulated_data_say_so_where_a_person_will_see_it(tmp_path):
    policy = replace(SMALL, client_count=250, history_months=1)

    demo_data = write_demo_months(
        Settings(data="simulated"), tmp_path, month="2005-09", now=NOW, policy=policy
    )

    assert demo_data.data_description.startswith("SIMULATED")
    assert pl.read_parquet(demo_data.training)["client_id"].str.starts_with("SIM-").all()


def test_scenario_begins_after_the_quiet_months(tmp_path):
    policy = DemoPolicy(
        client_count=300, quiet_months=2, changed_months=1, scenario="policy", scenario_strength=3
    )

    months = write_simulated_demo_months(tmp_path, seed=1, policy=policy).months

    assert [month.drifted for month in months] == [False, False, True]
    before, after = (pl.read_csv(month.statements)["credit_limit"].mean() for month in months[1:])
    assert after > 1.7 * before
