import polars as pl
import pytest

from credit_default.data.simulation.months import Scenario
from credit_default.errors import InputError
from credit_default.services.simulation.export import write_simulation


@pytest.fixture
def write(tmp_path):
    def write(folder="out", **changes):
        wanted = {
            "client_count": 80,
            "month_count": 2,
            "seed": 4,
            "first_month": "2007-12",
            "scenario": Scenario("calm"),
            "with_outcomes": True,
        }
        return write_simulation(tmp_path / folder, **(wanted | changes))

    return write


def test_each_month_has_its_statements_and_outcomes_in_files_of_its_own(write, tmp_path):
    write()

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "outcomes-2007-12.parquet",
        "outcomes-2008-01.parquet",
        "statements-2007-12.parquet",
        "statements-2008-01.parquet",
    ]


def test_outcomes_are_known_after_the_next_month_and_keep_the_probability_that_drew_them(
    write, tmp_path
):
    write()

    outcomes = pl.read_parquet(tmp_path / "out" / "outcomes-2007-12.parquet")
    assert set(outcomes["observed_at"]) == {"2008-02-01T00:00:00Z"}
    probability = next(name for name in outcomes.columns if "probability" in name)
    assert outcomes[probability].is_between(0, 1).all()


@pytest.mark.parametrize("with_outcomes", [True, False])
def test_statements_say_what_followed_only_when_asked_to(write, tmp_path, with_outcomes):
    write(with_outcomes=with_outcomes)

    columns = pl.read_parquet(tmp_path / "out" / "statements-2007-12.parquet").columns
    assert ("defaulted" in columns) is with_outcomes


def test_summary_counts_what_was_written(write, tmp_path):
    summary = write()

    outcomes = pl.concat(pl.read_parquet(path) for path in (tmp_path / "out").glob("outcomes-*"))
    defaults = int(outcomes["defaulted"].sum())
    assert summary.counts == {"statements": 160, "defaults": defaults}
    assert summary.figures["default share"] == pytest.approx(defaults / 160)


def test_same_seed_writes_the_same_files(write, tmp_path):
    write("one")
    write("two")
    write("three", seed=5)

    one, two, three = (
        pl.read_parquet(tmp_path / n / "statements-2008-01.parquet")
        for n in ("one", "two", "three")
    )
    assert one.equals(two)
    assert not one.equals(three)


def test_folder_that_cannot_be_made_is_one_clear_error(write, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match="folder to write to"):
        write("file/out")
