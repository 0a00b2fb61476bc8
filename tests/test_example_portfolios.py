"""The portfolios of examples/portfolios/ read files as they are downloaded: made-up rows of the same form go the whole way."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.fakes.quick_training import QUICK

from credit_default.adapters.tables.queries import read_outcomes, read_scores
from credit_default.data.contract.schema import Words
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.flows.monitor import monitor
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect
from credit_default.flows.train import train
from credit_default.services.context.wiring import build_wiring, read_portfolio
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.outcome_files import OutcomeDetails
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.settings import load_settings

pytestmark = pytest.mark.xdist_group("prefect")

NOON = dt.datetime(2019, 7, 1, 12, tzinfo=dt.UTC)
EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "portfolios"


def draw_outcome(random, log_odds):
    return (random.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(int)


def blank(random, values, share):
    """The values as texts, some of them empty."""
    texts = np.array([f"{value:g}" for value in values], dtype=object)
    texts[random.random(len(values)) < share] = ""
    return texts


def make_hmeq(count, seed):
    """Home equity loans: texts, empty cells in all but one column, and the outcome first."""
    random = np.random.default_rng(seed)
    debt = random.normal(34, 8, count).clip(1, 90)
    late = random.poisson(0.4, count)
    hides = random.random(count) < 0.2
    debts = np.array([f"{value:.6g}" for value in debt], dtype=object)
    debts[hides] = ""
    value = random.lognormal(11.4, 0.5, count)
    log_odds = -3.4 + 1.2 * late + 2.2 * hides + 0.06 * (debt - 34)
    return pl.DataFrame(
        {
            "BAD": draw_outcome(random, log_odds),
            "LOAN": random.integers(11, 600, count) * 100,
            "MORTDUE": blank(random, value * 0.7, 0.09),
            "VALUE": blank(random, value, 0.02),
            "REASON": random.choice(["HomeImp", "DebtCon", ""], count),
            "JOB": random.choice(["Mgr", "Office", "ProfExe", "Sales", "Self", "Other", ""], count),
            "YOJ": blank(random, random.integers(0, 35, count), 0.09),
            "DEROG": blank(random, random.poisson(0.2, count), 0.12),
            "DELINQ": blank(random, late, 0.1),
            "CLAGE": blank(random, random.uniform(0, 400, count), 0.05),
            "NINQ": blank(random, random.poisson(1.2, count), 0.09),
            "CLNO": blank(random, random.integers(1, 50, count), 0.04),
            "DEBTINC": debts,
        }
    )


def make_heloc(count, seed):
    """Lines of credit: 24 whole numbers, of which -7, -8 and -9 are none."""
    random = np.random.default_rng(seed)
    numbers = random.integers(0, 90, (count, 24))
    numbers[:, 0] = draw_outcome(random, 0.08 * (45 - numbers[:, 1]))
    special = random.random((count, 24)) < 0.05
    special[:, 0] = False
    numbers[special] = random.choice([-7, -8, -9], special.sum())
    numbers[random.random(count) < 0.06, 1:] = -9  # no bureau file at all
    return pl.DataFrame(numbers, schema=[f"c{place}" for place in range(24)])


def make_gmsc(count, seed):
    """Borrowers: a first column without a name, the row's number twice, "NA", and codes among counts."""
    random = np.random.default_rng(seed)
    late = random.poisson(0.3, count)
    late[random.random(count) < 0.003] = 98
    income = np.array([f"{value:.0f}" for value in random.lognormal(8.6, 0.6, count)], dtype=object)
    income[random.random(count) < 0.2] = "NA"
    return pl.DataFrame(
        {
            "": np.arange(1, count + 1),
            "X": np.arange(1, count + 1),
            "SeriousDlqin2yrs": draw_outcome(random, -2.9 + 1.1 * np.minimum(late, 3)),
            "RevolvingUtilizationOfUnsecuredLines": random.random(count),
            "age": random.integers(21, 90, count),
            "NumberOfTime30.59DaysPastDueNotWorse": late,
            "DebtRatio": random.lognormal(-1, 1, count),
            "MonthlyIncome": income,
            "NumberOfOpenCreditLinesAndLoans": random.integers(0, 20, count),
            "NumberOfTimes90DaysLate": np.where(late == 98, 98, 0),
            "NumberRealEstateLoansOrLines": random.integers(0, 4, count),
            "NumberOfTime60.89DaysPastDueNotWorse": np.where(late == 98, 98, 0),
            "NumberOfDependents": random.choice(["0", "1", "2", "NA"], count),
        }
    )


def make_lending_club(count, seed):
    """Loans between persons: units after numbers, "< 1 year", months by name, states that none declares."""
    random = np.random.default_rng(seed)
    late = random.poisson(0.3, count)
    years = random.choice(["< 1 year", "1 year", "7 years", "10+ years", "n/a", ""], count)
    return pl.DataFrame(
        {
            "loan_amnt": random.integers(10, 400, count) * 100.0,
            "term": random.choice([" 36 months", " 60 months"], count),
            "int_rate": random.choice(["13.56%", "7.9", " 10.99%"], count),
            "installment": random.uniform(50, 900, count),
            "grade": random.choice(list("ABCDEFG"), count),
            "sub_grade": "B1",
            "emp_length": years,
            "home_ownership": random.choice(["RENT", "OWN", "MORTGAGE", "ANY"], count),
            "annual_inc": random.lognormal(11, 0.5, count),
            "purpose": random.choice(["car", "medical", "vacation"], count),
            "dti": blank(random, random.uniform(0, 40, count), 0.02),
            "delinq_2yrs": late.astype(float),
            "earliest_cr_line": random.choice(["Aug-1998", "Jul-1989"], count),
            "issue_d": random.choice(["Sep-2016", "May-2015"], count),
            "fico_range_low": random.integers(120, 160, count) * 5.0,
            "inq_last_6mths": 0.0,
            "mths_since_last_delinq": blank(random, random.integers(1, 90, count), 0.5),
            "mths_since_last_record": blank(random, random.integers(1, 90, count), 0.85),
            "open_acc": 9.0,
            "pub_rec": 0.0,
            "revol_bal": random.uniform(0, 30_000, count),
            "revol_util": random.choice(["18.1%", "96.4", ""], count),
            "total_acc": 25.0,
            "loan_status": np.where(draw_outcome(random, late - 1.5), "Charged Off", "Fully Paid"),
        }
    )


GERMAN_CODES = {
    "STATUS_ACCOUNT": "A11 A12 A13 A14",
    "CREDIT_HISTORY": "A30 A31 A32 A33 A34",
    "PURPOSE": "A40 A41 A42 A43 A44 A45 A46 A48 A49 A410",
    "BONDS": "A61 A62 A63 A64 A65",
    "EMPLOYMENT": "A71 A72 A73 A74 A75",
    "PERSONAL_STATUS_AND_SEX": "A91 A92 A93 A94",
    "OTHER_DEBTORS": "A101 A102 A103",
    "PROPERTY": "A121 A122 A123 A124",
    "INSTALLMENT_PLANS": "A141 A142 A143",
    "HOUSING": "A151 A152 A153",
    "JOB": "A171 A172 A173 A174",
    "TELEPHONE": "A191 A192",
    "FOREIGN": "A201 A202",
}


def make_german(count, seed):
    """Credits of a bank: 13 columns of codes, numbers beside them, and 1 for a good credit, 2 for a bad one."""
    random = np.random.default_rng(seed)
    codes = {name: random.choice(found.split(), count) for name, found in GERMAN_CODES.items()}
    months = random.integers(4, 72, count)
    numbers = {
        "DURATION_MONTHS": months,
        "AMOUNT": random.integers(250, 18_000, count),
        "INSTALLMENT_RATE": random.integers(1, 5, count),
        "PRESENT_RESIDENCE_SINCE": random.integers(1, 5, count),
        "AGE": random.integers(19, 75, count),
        "NUMBER_OF_CREDIT_CARDS": random.integers(1, 4, count),
        "LIABLE_PEOPLE": random.integers(1, 3, count),
    }
    risk = {"A11": 1.4, "A12": 0.8, "A13": -0.4, "A14": -1.4}
    log_odds = -1.1 + np.array([risk[code] for code in codes["STATUS_ACCOUNT"]])
    log_odds += 0.04 * (months - 30)
    order = [
        "STATUS_ACCOUNT",
        "DURATION_MONTHS",
        "CREDIT_HISTORY",
        "PURPOSE",
        "AMOUNT",
        "BONDS",
        "EMPLOYMENT",
        "INSTALLMENT_RATE",
        "PERSONAL_STATUS_AND_SEX",
        "OTHER_DEBTORS",
        "PRESENT_RESIDENCE_SINCE",
        "PROPERTY",
        "AGE",
        "INSTALLMENT_PLANS",
        "HOUSING",
        "NUMBER_OF_CREDIT_CARDS",
        "JOB",
        "LIABLE_PEOPLE",
        "TELEPHONE",
        "FOREIGN",
    ]
    frame = pl.DataFrame(codes | numbers).select(order)
    return frame.with_columns(CLASSIFICATION=1 + draw_outcome(random, log_odds))


MAKE = {
    "german": make_german,
    "hmeq": make_hmeq,
    "heloc": make_heloc,
    "gmsc": make_gmsc,
    "lending-club": make_lending_club,
}


def write(name, rows, path):
    """The rows as the portfolio's files come: two are separated by blanks, and have no header."""
    is_bare = name in {"german", "heloc"}
    rows.write_csv(path, include_header=not is_bare, separator=" " if is_bare else ",")
    return str(path)


def build(name, tmp_path, **settings):
    flags = {
        "portfolio": str(EXAMPLES / f"{name}.toml"),
        "lake": str(tmp_path / "lake"),
        "cache": str(tmp_path / "cache"),
        "jobs": 1,
        "report": "drift",
    }
    return flags | QUICK | settings


def test_every_example_is_tested():
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(MAKE)


@pytest.mark.parametrize("name", MAKE)
def test_no_example_speaks_of_card_clients(name):
    schema = read_portfolio(str(EXAMPLES / f"{name}.toml")).schema

    assert schema.words.used_for not in {Words().used_for, CREDIT_CARD.words.used_for}


@pytest.mark.parametrize("name", MAKE)
def test_a_file_as_it_is_downloaded_has_no_row_rejected(name, tmp_path):
    wiring = build_wiring(load_settings(build(name, tmp_path), environment={}).settings, commit="0")
    path = write(name, MAKE[name](500, 1), tmp_path / "rows.csv")

    checked = check_file(wiring, path, month=None, outcome="required")

    rows = checked.validated.accepted_rows()
    assert (rows.height, dict(checked.validated.rule_counts)) == (500, {})
    assert rows["client_id"].n_unique() == 500
    assert all(rows[column.name].dtype.is_numeric() for column in wiring.schema.inputs)
    assert set(rows["defaulted"].unique()) == {0, 1}


def test_missing_special_and_worded_values_are_what_the_declarations_say(tmp_path):
    found = {}
    for name, make in MAKE.items():
        settings = load_settings(build(name, tmp_path / name), environment={}).settings
        path = write(name, make(500, 1), tmp_path / f"{name}.csv")
        checked = check_file(
            build_wiring(settings, commit="0"), path, month=None, outcome="required"
        )
        found[name] = checked.validated.accepted_rows()

    assert found["hmeq"]["debtinc"].null_count() > 50
    assert set(found["hmeq"]["reason"].unique()) == {1, 2, None}
    assert found["gmsc"]["monthly_income"].null_count() > 50
    assert {-9, -8, -7} < set(found["heloc"]["msinceoldesttradeopen"].unique())
    loans = found["lending-club"]
    assert set(loans["term"].unique()) == {36, 60}
    assert set(loans["emp_length"].unique()) == {0, 1, 7, 10, None}
    assert set(loans["int_rate"].unique()) == {13.56, 7.9, 10.99}
    assert set(loans["home_ownership"].unique()) == {0, 1, 2, 3}
    assert set(loans["earliest_cr_line"].unique()) == {7_121, 10_439}  # days since 1970-01-01


def test_a_value_that_no_declaration_has_is_rejected_by_its_rule(tmp_path):
    settings = load_settings(build("hmeq", tmp_path), environment={}).settings
    rows = make_hmeq(500, 1).with_columns(
        JOB=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("Pilot")).otherwise("JOB")
    )
    path = write("hmeq", rows, tmp_path / "rows.csv")

    checked = check_file(build_wiring(settings, commit="0"), path, month=None, outcome="required")

    assert dict(checked.validated.rule_counts) == {"job|unseen": 3}


def test_loans_with_missing_values_are_learnt_from_scored_and_explained(
    prefect_server, make_lake, tmp_path
):
    make_lake(tmp_path / "lake")
    training = write("hmeq", make_hmeq(4_000, 4), tmp_path / "training.csv")
    later = make_hmeq(400, 5)
    batch = write("hmeq", later.drop("BAD"), tmp_path / "batch.csv")
    outcomes = write("hmeq", later.select("BAD"), tmp_path / "outcomes.csv")
    overrides = build("hmeq", tmp_path, data=training, recipe={"tree_count": 60})

    trained = train(overrides=overrides, return_state=True)
    scored = predict(batch, month="2000-02", overrides=overrides, return_state=True)

    assert trained.name == "Promoted", trained.result().outcome
    assert scored.name == "Scored"
    summary = scored.result()
    details = OutcomeDetails(summary.batch_id, "2000-06-01")
    wiring = connect(overrides, [])
    taken = ingest_outcomes_file(wiring, outcomes, taken_in_at=NOON, details=details)
    assert taken.counts["new"] == 400
    watched = monitor(summary.batch_id, overrides=overrides, return_state=True)
    assert watched.result().find_verdict("drift").level == "ok"
    assert watched.result().find_verdict("performance").level in {"ok", "watch"}
    scores = read_scores(wiring.lake, batch_id=summary.batch_id)
    assert scores.height == 400
    reasons = " ".join(scores["reasons"].explode().drop_nulls().to_list())
    assert "(Debt to income, percent): not stated" in reasons


def test_a_thousand_credits_seat_a_first_model_by_the_default_gates(
    prefect_server, make_lake, tmp_path
):
    make_lake(tmp_path / "lake")
    training = write("german", make_german(1_000, 4), tmp_path / "training.csv")
    overrides = build("german", tmp_path, data=training, recipe={"tree_count": 30})

    trained = train(overrides=overrides, return_state=True)

    summary = trained.result()
    assert trained.name == "Promoted", summary.verdicts
    [reason, *_] = summary.find_verdict("promotion").reasons
    assert "by out-of-fold predictions of 1,000 rows" in reason
    assert any("leaf_row_count is 1" in note for note in summary.notes)
    assert "roc_auc, out of fold" in summary.figures


def test_a_copy_of_a_file_that_has_the_declared_names_as_its_first_line_is_read_alike(tmp_path):
    settings = load_settings(build("german", tmp_path), environment={}).settings
    wiring, rows = build_wiring(settings, commit="0"), make_german(200, 1)
    bare, named = tmp_path / "bare.csv", tmp_path / "named.csv"
    rows.write_csv(bare, include_header=False, separator=" ")
    rows.write_csv(named, include_header=True, separator=" ")

    found = [
        check_file(wiring, str(path), month=None, outcome="required") for path in (bare, named)
    ]

    first, second = (checked.validated.accepted_rows() for checked in found)
    assert first.equals(second)


@pytest.mark.parametrize("name", MAKE)
def test_a_later_file_brings_its_outcomes_by_its_own_rows(name, tmp_path):
    wiring = build_wiring(load_settings(build(name, tmp_path), environment={}).settings, commit="0")
    path = write(name, MAKE[name](200, 1), tmp_path / "later.csv")
    ingest_file(wiring, path, month="2019-01", corrects=None, kept_at=NOON)

    taken = ingest_outcomes_file(
        wiring, path, taken_in_at=NOON, details=OutcomeDetails(observed_at="2019-06-01")
    )

    assert (taken.counts["new"], taken.months) == (200, {"2019-01": 200})
    rows = check_file(wiring, path, month="2019-01", outcome="required").validated.accepted_rows()
    known = read_outcomes(wiring.lake)
    both = rows.join(known, on=["client_id", "statement_month"], suffix="_known")
    assert both.height == 200
    assert both["defaulted"].equals(both["defaulted_known"], check_names=False)
