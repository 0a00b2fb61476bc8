"""The work of the table in parts that processes can share: the same seeds give the same counts, however many share it."""

import json
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import numpy as np

from size_power.battery_rates import ring_all, ring_published, ring_tie
from size_power.gate_trials import list_trials
from size_power.rates import Rate, count_rings
from size_power.worlds import NULLS, list_defects

_CHUNK = 50  # draws of a part


@dataclass(frozen=True)
class Part:
    """Draws `first` to before `end` of one subject.

    Attributes:
        kind: `null`, `defect`, `tie`, `published` or `gate`.
        number: Which of its kind.
        first: First draw.
        end: Draw after the last one.
        seed: Of the whole table.
    """

    kind: str
    number: int
    first: int
    end: int
    seed: int


def plan_parts(repetitions: int, seed: int, *, sections: Collection[str]) -> list[Part]:
    """Return the parts of these sections: all draws for sizes, an eighth for powers and slow trials.

    A part draws the same whichever sections are measured.
    """
    few = max(1, repetitions // 8)
    subjects: list[tuple[str, int, int]] = []
    if "sizes" in sections:
        subjects += [("null", number, repetitions) for number in range(len(NULLS))]
        subjects += [("tie", 0, repetitions)]
    if "powers" in sections:
        subjects += [("defect", number, few) for number in range(len(list_defects()))]
    if "published" in sections:
        subjects += [("published", 0, repetitions)]
    subjects += [
        ("gate", number, few if trial.size is None or trial.is_slow else repetitions)
        for number, trial in enumerate(list_trials())
        if trial.section in sections
    ]
    return [
        Part(kind, number, first, min(first + _CHUNK, count), seed)
        for kind, number, count in subjects
        for first in range(0, count, _CHUNK)
    ]


def run_part(part: Part) -> dict[str, Rate]:
    """Return what rang in a part's draws."""
    kinds = {"null": 0, "defect": 1, "tie": 2, "published": 3, "gate": 4}

    def draw(number: int) -> Mapping[str, bool | None]:
        generator = np.random.default_rng([part.seed, kinds[part.kind], part.number, number])
        if part.kind == "gate":
            return {"rang": list_trials()[part.number].draw(generator)}
        if part.kind == "tie":
            return ring_tie(generator)
        if part.kind == "published":
            return ring_published(generator)
        worlds = NULLS if part.kind == "null" else list_defects()
        return ring_all(generator, worlds[part.number])

    return count_rings(draw(number) for number in range(part.first, part.end))


def run_all(
    parts: Sequence[Part], processes: int, *, kept: Path | None = None
) -> dict[tuple[str, int], dict[str, Rate]]:
    """Return the rates by subject: its kind and number; tell on stderr how far the work is.

    Args:
        parts: What to measure.
        processes: How many share it.
        kept: A file that keeps each part as it is done, so that a run that was stopped goes on; of the same code only.
    """
    known = _read_kept(kept) if kept else {}
    rates: dict[tuple[str, int], dict[str, Rate]] = {}
    left = [part for part in parts if part not in known]
    began, told = time.monotonic(), 0
    with ProcessPoolExecutor(processes) as pool:
        for done, (part, found) in enumerate(
            zip(left, pool.map(run_part, left), strict=True), start=1
        ):
            known[part] = found
            _keep(kept, part, found)
            if (percent := 100 * done // len(left)) > told:
                told, minutes = percent, (time.monotonic() - began) / 60
                print(f"{percent} % of the parts, {minutes:.1f} min", file=sys.stderr, flush=True)
    for part in parts:
        subject = rates.setdefault((part.kind, part.number), {})
        for name, rate in known[part].items():
            subject[name] = subject.get(name, Rate()) + rate
    return rates


def _read_kept(path: Path) -> dict[Part, dict[str, Rate]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = []
    for line in lines:
        with suppress(json.JSONDecodeError):  # one that was cut short is measured again
            found.append(json.loads(line))
    return {
        Part(**one["part"]): {name: Rate(*rate) for name, rate in one["rates"].items()}
        for one in found
    }


def _keep(path: Path | None, part: Part, found: Mapping[str, Rate]) -> None:
    if path is None:
        return
    line = {"part": asdict(part), "rates": {name: astuple(rate) for name, rate in found.items()}}
    with path.open("a", encoding="utf-8") as kept:
        kept.write("\n" + json.dumps(line))  # also after a line that was cut short
