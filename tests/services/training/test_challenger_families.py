"""Each family goes the whole way of a champion: trained, registered, loaded, scored, explained, replayed, described."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from credit_default.cli.main import app


def run(*arguments):
    done = CliRunner().invoke(app, [str(word) for word in arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    ("family", "said"),
    [
        pytest.param("boosting", "Boosting: a sum of 12 small trees", marks=pytest.mark.nightly),
        pytest.param("blend", "A blend of a forest, a", marks=pytest.mark.nightly),
        ("scorecard", "A scorecard of at most 10 bins"),
        pytest.param("extra-trees", "A forest with random", marks=pytest.mark.nightly),
    ],
)
def test_a_family_is_trained_registered_scored_explained_replayed_and_described(
    family, said, simulated_files, make_lake, tmp_path, prefect_server
):
    size = "tree_count = 12\nmaximum_depth = 6\n"
    if family == "blend":
        size = 'members = [{ family = "forest", tree_count = 12 }, "boosting"]\n'
    config, lake = tmp_path / "family.toml", make_lake(tmp_path / "lake")
    config.write_text(
        f'lake = "{lake}"\nreport = "drift"\njobs = 1\n[recipe]\nfamily = "{family}"\n'
        f"{'' if family == 'scorecard' else size}[stability]\nrefit_count = 0\n"
        "[proxies]\ntree_count = 5\nrow_count = 500\n"
        "[fairness]\nresample_count = 50\n[economics]\nresample_count = 50\n"
    )

    run("train", "--data", simulated_files.training, "--config", config, "-q")
    batch = json.loads(run("predict", simulated_files.batch, "--config", config, "--json"))
    found = batch["batch_id"]
    client = pl.read_csv(simulated_files.batch, n_rows=1, schema_overrides={"client_id": pl.String})
    explained = json.loads(
        run("explain", found, client["client_id"].item(), "--config", config, "--json")
    )
    run("verify", found, "--config", config)
    card = next(Path(lake).rglob("*card*.html")).read_text()

    figures = explained["figures"]
    suffix = " (log odds)" if family != "extra-trees" else ""
    parts = [value for name, value in figures.items() if name.startswith("contribution of")]
    assert figures[f"average of accepted{suffix}"] + sum(parts) == pytest.approx(
        figures[f"sum{suffix}"], abs=1e-6
    )
    assert said in card
