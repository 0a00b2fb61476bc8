"""Compare the simulator with the public file: a table in the terminal, and a chart where a path is given.

    python benchmarks/simulator_fit_report.py UCI_Credit_Card.csv [--picture build/simulator-fit.png] [--seeds 1 2 3]

tests/data/simulation/test_months_fit.py checks the same figures with the same functions.
"""

import argparse
import json
import pathlib
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from credit_default.data.simulation.months import (
    CALM,
    Scenario,
    SimulatedMonth,
    simulate,
    simulate_chunks,
)

BIN_COUNT = 20
CODE_EDGES = np.arange(-1.5, 9)  # between the codes -2 to 9
CODES = {"sex", "education", "marriage", *(f"repayment_status_m{i}" for i in range(1, 7))}
BOUNDS = {
    "largest column distance": "≤ .12",
    "mean column distance": "≤ .06",
    "Spearman difference": "≤ .06",
    "default rate": ".2112 to .2312",
    "trained on simulated, AUC on real": "≥ .75",
    "AUC of the true probabilities": ".74 to .78",
    "AUC of real against simulated rows": "≤ .90",
    "default rate, twelve calm months, lowest": "within .02",
    "default rate, twelve calm months, highest": "of the first",
}


def read_real(path: str) -> pl.DataFrame:
    """Return the public file under our names: inputs in schema order, then `defaulted`."""
    raw = pl.read_csv(path, infer_schema_length=None)
    old = [
        "LIMIT_BAL",
        "SEX",
        "EDUCATION",
        "MARRIAGE",
        "AGE",
        *(f"PAY_{i}" for i in (0, 2, 3, 4, 5, 6)),
    ]
    old += [
        *(f"BILL_AMT{i}" for i in range(1, 7)),
        *(f"PAY_AMT{i}" for i in range(1, 7)),
        raw.columns[-1],
    ]
    new = [
        "credit_limit",
        "sex",
        "education",
        "marriage",
        "age",
        *(f"repayment_status_m{i}" for i in range(1, 7)),
    ]
    new += [
        *(f"bill_amount_m{i}" for i in range(1, 7)),
        *(f"payment_amount_m{i}" for i in range(1, 7)),
        "defaulted",
    ]
    return raw.select(
        pl.col(name).cast(pl.Float64).alias(alias) for name, alias in zip(old, new, strict=True)
    )


def inputs_of(month: SimulatedMonth) -> pl.DataFrame:
    """Return a simulated month's inputs as floats, without the key."""
    return month.statements.drop("client_id", "statement_month").cast(pl.Float64)


@dataclass(frozen=True, slots=True)
class Marginal:
    """The distribution of one column: the edges between its bins, and the share of rows in each."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]


def find_marginal(values: np.ndarray, *, coded: bool) -> Marginal:
    """Return the distribution over codes, or over 20 quantile bins of the values themselves."""
    edges = (
        CODE_EDGES if coded else np.unique(np.quantile(values, np.arange(1, BIN_COUNT) / BIN_COUNT))
    )
    return Marginal(tuple(edges.tolist()), tuple(_bin_shares(values, edges).tolist()))


def column_distance(real: Marginal, simulated: np.ndarray) -> float:
    """Return the Jensen-Shannon distance (base 2, 0 to 1) of simulated values to a real distribution, in its bins."""
    p, q = np.array(real.shares), _bin_shares(simulated, np.array(real.edges))
    middle = (p + q) / 2
    halves = [
        np.sum(share[share > 0] * np.log2(share[share > 0] / middle[share > 0])) for share in (p, q)
    ]
    return float(np.sqrt(max(sum(halves) / 2, 0.0)))


def _bin_shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.bincount(
        np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1
    ) / len(values)


def find_marginals(real: pl.DataFrame) -> dict[str, Marginal]:
    """Return the distribution of every input column."""
    return {
        name: find_marginal(real[name].to_numpy(), coded=name in CODES)
        for name in real.columns
        if name != "defaulted"
    }


def column_distances(
    marginals: Mapping[str, Marginal], simulated: pl.DataFrame
) -> dict[str, float]:
    """Return the distance of every input column."""
    return {
        name: column_distance(marginal, simulated[name].to_numpy())
        for name, marginal in marginals.items()
    }


def write_marginals(marginals: Mapping[str, Marginal], path: pathlib.Path) -> None:
    """Write the real distributions, one column a line, for tests on machines without the public file."""
    lines = [
        f'"{name}": {json.dumps({"edges": marginal.edges, "shares": [round(share, 6) for share in marginal.shares]})}'
        for name, marginal in marginals.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def spearman_difference(real: pl.DataFrame, simulated: pl.DataFrame) -> float:
    """Return the mean absolute difference of the rank correlations over all pairs of inputs."""
    pair = [
        np.corrcoef(frame.select(pl.all().rank()).to_numpy(), rowvar=False)
        for frame in (real, simulated)
    ]
    above = np.triu_indices(len(simulated.columns), k=1)
    return float(np.abs(pair[0][above] - pair[1][above]).mean())


def forest(seed: int) -> RandomForestClassifier:
    """Return the forest that every comparison uses."""
    return RandomForestClassifier(
        n_estimators=50, min_samples_leaf=20, max_features=0.3, max_samples=0.5, random_state=seed
    )


def transfer_auc(real: pl.DataFrame, simulated: SimulatedMonth, *, seed: int) -> float:
    """Return the AUC on real rows of a forest that was fitted on simulated rows only."""
    inputs = inputs_of(simulated)
    model = forest(seed).fit(inputs.to_numpy(), simulated.outcomes["defaulted"].to_numpy())
    score = model.predict_proba(real.select(inputs.columns).to_numpy())[:, 1]
    return float(roc_auc_score(real["defaulted"].to_numpy(), score))


def known_auc(simulated: SimulatedMonth) -> float:
    """Return the AUC of the true probabilities: no model can be better inside the simulation."""
    return float(
        roc_auc_score(simulated.outcomes["defaulted"], simulated.outcomes["true_probability"])
    )


def real_or_simulated_auc(real: pl.DataFrame, simulated: pl.DataFrame, *, seed: int) -> float:
    """Return the AUC, on unseen rows, of a forest that classifies rows as real or simulated."""
    rows = np.concatenate([real.select(simulated.columns).to_numpy(), simulated.to_numpy()])
    is_simulated = np.repeat([0, 1], [real.height, simulated.height])
    chosen = np.random.default_rng(seed).permutation(len(rows))
    train, test = chosen[: len(rows) // 2], chosen[len(rows) // 2 :]
    model = forest(seed).fit(rows[train], is_simulated[train])
    return float(roc_auc_score(is_simulated[test], model.predict_proba(rows[test])[:, 1]))


def default_rates(*, seed: int, month_count: int = 12, scenario: Scenario = CALM) -> list[float]:
    """Return the default rate of each month."""
    months = simulate(client_count=30_000, month_count=month_count, seed=seed, scenario=scenario)
    return [float(month.outcomes["defaulted"].to_numpy().mean()) for month in months]


def rows_per_second(*, row_count: int = 1_000_000) -> float:
    """Return how many rows `simulate_chunks` yields in a second of one core's time, on this machine."""
    next(simulate_chunks(client_count=1, seed=0))
    start = time.process_time()
    rows = sum(chunk.statements.height for chunk in simulate_chunks(client_count=row_count, seed=0))
    return rows / (time.process_time() - start)


def memory_growth(*, row_count: int = 1_000_000) -> float:
    """Return by how many megabytes this process's peak memory grows from the first tenth of the rows to the last."""
    before = 0
    for place, _chunk in enumerate(
        simulate_chunks(client_count=row_count, seed=0, chunk_rows=row_count // 10)
    ):
        before = before if place else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def measure(real: pl.DataFrame, seed: int) -> dict[str, float]:
    """Return every figure of one seed, on as many simulated rows as there are real ones."""
    month = next(simulate(client_count=real.height, month_count=1, seed=seed))
    inputs = inputs_of(month)
    distances = column_distances(find_marginals(real), inputs)
    rates = default_rates(seed=seed)
    return {
        "largest column distance": max(distances.values()),
        "mean column distance": float(np.mean(list(distances.values()))),
        "Spearman difference": spearman_difference(real.select(inputs.columns), inputs),
        "default rate": rates[0],
        "trained on simulated, AUC on real": transfer_auc(real, month, seed=seed),
        "AUC of the true probabilities": known_auc(month),
        "AUC of real against simulated rows": real_or_simulated_auc(real, inputs, seed=seed),
        "default rate, twelve calm months, lowest": min(rates),
        "default rate, twelve calm months, highest": max(rates),
    }


def print_table(found: Sequence[Mapping[str, float]], seeds: Sequence[int]) -> None:
    """Print the figures of every seed beside their bounds."""
    print(f"{'figure':44}{'bound':>14}" + "".join(f"{f'seed {seed}':>10}" for seed in seeds))
    for name in found[0]:
        print(
            f"{name:44}{BOUNDS[name]:>14}" + "".join(f"{figures[name]:>10.4f}" for figures in found)
        )


def draw(real: pl.DataFrame, path: pathlib.Path, *, seed: int) -> None:
    """Draw every column's distribution, real beside simulated, with its distance."""
    from matplotlib.figure import Figure

    simulated = inputs_of(next(simulate(client_count=real.height, month_count=1, seed=seed)))
    distances = column_distances(find_marginals(real), simulated)
    figure = Figure(figsize=(16, 12), layout="constrained")
    for axis, name in zip(figure.subplots(4, 6).ravel(), simulated.columns, strict=False):
        pair = [real[name].to_numpy(), simulated[name].to_numpy()]
        if name in CODES:
            bins = np.arange(min(map(np.min, pair)), max(map(np.max, pair)) + 2) - 0.5
        else:
            bins = np.linspace(*np.quantile(pair[0], [0.01, 0.97]), 41)
        axis.hist(pair, bins=bins, density=True, histtype="step", label=["real", "simulated"])
        axis.set_title(f"{name}  {distances[name]:.3f}", fontsize=9)
        axis.tick_params(labelsize=7, labelleft=False)
    figure.axes[22].legend()
    figure.axes[23].remove()
    figure.suptitle("Real and simulated statements: Jensen-Shannon distance of every column")
    figure.savefig(path, dpi=80)


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", help="the public file")
    picture = pathlib.Path("build/simulator-fit.png")
    parser.add_argument(
        "--picture", type=pathlib.Path, default=picture, help="where to write the picture (PNG)"
    )
    parser.add_argument(
        "--marginals", type=pathlib.Path, help="where to keep the real columns' spreads (JSON)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    growth, speed = memory_growth(), rows_per_second()
    real = read_real(arguments.csv)
    if arguments.marginals:
        write_marginals(find_marginals(real), arguments.marginals)
    print_table([measure(real, seed) for seed in arguments.seeds], arguments.seeds)
    print(f"{'rows a second of one core':44}{'≥ 200,000':>14}{speed:>10,.0f}")
    print(f"{'memory growth over a million rows, MB':44}{'flat':>14}{growth:>10.0f}")
    arguments.picture.parent.mkdir(parents=True, exist_ok=True)
    draw(real, arguments.picture, seed=arguments.seeds[0])
    print(f"picture: {arguments.picture}")


if __name__ == "__main__":
    main()
