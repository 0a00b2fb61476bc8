"""The page of sizes and powers: what a validator reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.gates.validation.battery import TESTS
from credit_default.gates.validation.validation_test import ValidationTest
from size_power.gate_trials import Trial, list_trials
from size_power.rates import Rate
from size_power.worlds import NULLS, World, list_defects

Rates = Mapping[tuple[str, int], Mapping[str, Rate]]
LEVEL, MARGIN = 0.05, 0.02
# A test that a right model is meant to ring, or that describes.
_WANTED: Final = {"discrimination.auc_above_chance", "discrimination.kolmogorov_smirnov"}
_BOUNDARY: Final = {
    "benchmark.auc",
    "benchmark.delong_official",
    "benchmark.log_loss",
    "benchmark.brier",
}
_NO_SIZE: Final = "None"
_APART: Final = ("benchmark", "overrides", "back-testing")  # no world plants anything for them
_SMALL: Final = "a PSI below .01 stays green"
# Subjects in which a null hypothesis is not at its boundary, so that a right model rings less often.
_WHY: Final = {
    "discrimination.band_order": "bands of a right model lie far from equal rates",
    "calibration.jeffreys": "the binomial variance is too large where probabilities differ",
    "calibration.binomial": "likewise; `calibration.in_the_large` has the right variance",
    "calibration.binomial_official": "likewise, and discrete",
    "calibration.correlated_binomial": "defaults of these worlds are independent; see the last defect",
    "stability.concentration": f"near equal bands the index hardly varies; {_SMALL}",
    "stability.concentration_official": "it takes the bands for a sample of bands: it never rejects",
    "stability.psi": _SMALL,
    "stability.kolmogorov_smirnov": _SMALL,
    "stability.band_distribution": _SMALL,
    "representativeness.segments": _SMALL,
    "representativeness.variables": _SMALL,
    "stability.migration_z": "most clients stay in their band or move to the next",
    "data_quality.missing_values": "nothing is missing",
    "back_testing.estimates": "discrete",
    "calibration.traffic_lights": "discrete",
}


@dataclass(frozen=True)
class Settings:
    """How the table was made."""

    repetitions: int
    seed: int


def list_misses(rates: Rates) -> list[str]:
    """Return the default forms, of those measured, that ring on a right model more often than they may."""
    missed = []
    for test in TESTS if ("null", 0) in rates else ():
        if not _has_size(test) or _is_official(test):
            continue
        for number, world in enumerate(NULLS):
            rate = _find_null(rates, test, number)
            if test.test_id not in _WANTED and rate.share - 2 * rate.error > LEVEL + MARGIN:
                missed.append(f"{test.test_id} ({world.name}): {rate} %")
    for number, trial in enumerate(list_trials()):
        rate = rates.get(("gate", number), {}).get("rang", Rate())
        if (
            rate.judged
            and trial.size is not None
            and 100 * (rate.share - 2 * rate.error) > trial.size + 100 * MARGIN
        ):
            missed.append(f"{trial.gate} ({trial.situation}): {rate} %")
    return missed


def build_page(rates: Rates, settings: Settings) -> str:
    """Return the page as Markdown, of all sections."""
    lines = [
        "# Size and power of every test, gate and alarm",
        "",
        "How often each rings where nothing is wrong (its size) and where a defect is planted (its power), in percent of the draws, with the Monte Carlo error.",
        f"`make size-and-power` writes this page (`python benchmarks/size_and_power.py --repetitions {settings.repetitions} --seed {settings.seed}`); `--repetitions 200` is a quick look,",
        "`--only SECTION` measures one section and writes it into the page.",
        "",
        describe_misses(rates),
        "",
        *(line for name in SECTIONS for line in build_section(name, rates, settings)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def describe_misses(rates: Rates) -> str:
    """Return the sentence on the sizes of what was measured."""
    misses = list_misses(rates)
    if misses:
        return "Off their size by more than two points: " + "; ".join(misses) + "."
    return "No default test or gate is off its size by more than two points upwards."


def build_section(name: str, rates: Rates, settings: Settings) -> list[str]:
    """Return the lines of a section, by its name in `SECTIONS`; it ends with an empty line."""
    return _BUILDERS[name](rates, settings)


def replace_section(page: str, name: str, rates: Rates, settings: Settings) -> str:
    """Return the page with this section measured anew; one that it does not have is put at its end."""
    lines = build_section(name, rates, settings)
    lines.insert(
        2,
        f"Measured by `python benchmarks/size_and_power.py --only {name} --repetitions {settings.repetitions} --seed {settings.seed}`. {describe_misses(rates)}",
    )
    head, *others = page.rstrip().split("\n## ")
    section, heading = "\n".join(lines).strip().removeprefix("## "), lines[0].removeprefix("## ")
    found = [text.partition("\n")[0] for text in others]
    place = found.index(heading) if heading in found else len(others)
    others[place : place + 1] = [section]
    return "\n\n## ".join(text.strip() for text in (head, *others)) + "\n"


def _list_sizes(rates: Rates, settings: Settings) -> list[str]:
    lines = [
        "## Size of the battery's tests",
        "",
        f"A right model (log odds N(−1.55, 1.15), {settings.repetitions:,} draws of 4 months of 2,000 rows, development 3 months of 2,000); a test rings when it is amber or red, at a nominal 5 %.",
        "Official forms stand beside ours for information: they ring when p < 5 % (the PSI when > .10). Benchmark tests are measured against a benchmark exactly as good as the model; `back_testing` on promotions without a gain and intervals that hold; the overrides at the policy's limit.",
        "",
        "| test | same clients | other clients | why less than 5 % |",
        "| :-- | --: | --: | :-- |",
    ]
    for test in TESTS:
        if not _has_size(test):
            continue
        cells = [_find_null(rates, test, number) for number in range(len(NULLS))]
        if all(not cell.judged for cell in cells):
            continue
        why = (
            "a right model is not to ring it"
            if test.test_id in _WANTED
            else _WHY.get(test.test_id, "")
        )
        lines.append(f"| {_name(test)} | {cells[0]} | {cells[1]} | {why} |")
    unjudged = [t.test_id for t in TESTS if not rates[("null", 0)][t.test_id].judged]
    return [
        *lines,
        "",
        "Limits of the policy, which hold no error rate, have no size: duplicates, completeness of outcomes, fairness, stability of refits.",
        f"Not measured here, for want of what they judge: {', '.join(f'`{name}`' for name in unjudged)}.",
        "",
    ]


def _list_powers(rates: Rates, settings: Settings) -> list[str]:
    worlds = list_defects()
    names = list(dict.fromkeys(world.name for world in worlds))
    lines = [
        "## Power of the battery's tests",
        "",
        f"Percent of {max(1, settings.repetitions // 8):,} draws that ring, at three strengths (Monte Carlo error at most {50 / max(1, settings.repetitions // 8) ** 0.5:.1f} points), the same clients every month:",
        "",
        *(f"* {name}: {_describe(worlds, name)}" for name in names),
        "",
        "| test | " + " | ".join(names) + " |",
        "| :-- |" + " --: |" * len(names),
    ]
    for test in TESTS:
        if test.chapter in _APART:
            continue
        cells = []
        for name in names:
            numbers = [i for i, world in enumerate(worlds) if world.name == name]
            found = [rates[("defect", i)][test.test_id] for i in numbers]
            cells.append(
                " / ".join(f"{100 * rate.share:.0f}" if rate.judged else "–" for rate in found)
            )
        if any(set(cell) - set("0–/ ") for cell in cells):
            lines.append(f"| {_name(test)} | " + " | ".join(cells) + " |")
    return [
        *lines,
        "",
        "A test that is absent rang in none of these worlds, or looks at what they leave alone (benchmark, overrides, back-testing).",
        "",
    ]


_DESCRIBED: Final = {
    "level": "true log odds above the score's by {}",
    "slope": "log odds of the score spread {} times as far as the true ones",
    "rank lost in a segment": "scores of {} of the young quarter of clients mixed among themselves",
    "drift without loss": "log odds rise by {}, and the score with them",
    "drift with loss": "log odds rise by {}, of which the score sees half",
    "incomplete outcomes": "outcomes of {} of the last month's payers not known yet",
    "stale feed": "{} of the last month's rows are those of the month before",
    "correlated defaults": "asset correlation {}",
}


def _describe(worlds: Sequence[World], name: str) -> str:
    strengths = [f"{world.strength:g}" for world in worlds if world.name == name]
    return _DESCRIBED[name].format(", ".join(strengths[:-1]) + " or " + strengths[-1])


def _list_gates(rates: Rates, settings: Settings) -> list[str]:
    return [
        "## Gates and alarms",
        "",
        f"Batches of 2,000 rows where nothing else is said; {settings.repetitions:,} draws where there is a nominal size (the most that it may ring), an eighth of them for powers and for 6,000 rows.",
        "Drift and feed see the simulator's months; `retraining`, `coverage` and `recovery` decide by counts and dates and have no error of chance.",
        "",
        *_list_trials_of("gates", rates),
    ]


def _list_leaks(rates: Rates, settings: Settings) -> list[str]:
    return [
        "## The leak test",
        "",
        f"{max(1, settings.repetitions // 8):,} draws of each. Honest portfolios are drawn in six forms (inputs that nearly decide rank by .97, those with an input that is missing where it is bad news by .9); seven leaks are planted into many weak inputs, which rank by .77.",
        "",
        *_list_trials_of("leaks", rates),
    ]


def _list_small_files(rates: Rates, settings: Settings) -> list[str]:
    return [
        "## Small files",
        "",
        f"{settings.repetitions:,} draws of each: models at the floor on average, judged by out-of-fold predictions, and columns whose values a small reference has seen in part only.",
        "",
        *_list_trials_of("small-files", rates),
    ]


def _list_trials_of(section: str, rates: Rates) -> list[str]:
    """Return the table of a section's trials, and an empty line."""
    lines = ["| gate | situation | nominal | rings |", "| :-- | :-- | --: | --: |"]
    for number, trial in enumerate(list_trials()):
        if trial.section == section:
            lines.append(_write_trial(trial, rates[("gate", number)]["rang"]))
    return [*lines, ""]


def _write_trial(trial: Trial, rate: Rate) -> str:
    nominal = "power" if trial.size is None else f"{trial.size:g}"
    return f"| {trial.gate} | {trial.situation} | {nominal} | {rate} |"


def _list_published(rates: Rates, settings: Settings) -> list[str]:
    return [
        "## Published findings, measured again",
        "",
        f"{settings.repetitions:,} draws of 2,000 rows of a right model (the PSI: of 100 against 100).",
        "",
        "| test at a nominal 5 % | rings |",
        "| :-- | --: |",
        *(f"| {name} | {rate} |" for name, rate in rates[("published", 0)].items()),
        "",
    ]


def _find_null(rates: Rates, test: ValidationTest, number: int) -> Rate:
    if test.test_id in _BOUNDARY:
        return rates[("tie", 0)][test.test_id]
    return rates[("null", number)][test.test_id]


def _has_size(test: ValidationTest) -> bool:
    """Return whether some world makes the test's null hypothesis true."""
    described = test.null_hypothesis.startswith(_NO_SIZE) and not _is_official(test)
    return not described and test.test_id != "overrides.direction"


def _is_official(test: ValidationTest) -> bool:
    return test.test_id.endswith("_official") or test.test_id == "stability.migration_halves"


def _name(test: ValidationTest) -> str:
    return f"`{test.test_id}`" + (" (for information)" if _is_official(test) else "")


_BUILDERS: Final[Mapping[str, Callable[[Rates, Settings], list[str]]]] = {
    "sizes": _list_sizes,
    "powers": _list_powers,
    "gates": _list_gates,
    "published": _list_published,
    "leaks": _list_leaks,
    "small-files": _list_small_files,
}
SECTIONS: Final = tuple(_BUILDERS)
