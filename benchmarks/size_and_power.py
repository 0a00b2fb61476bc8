"""Measure the size and the power of every validation test, gate and alarm, and write docs/size-and-power.md.

    python benchmarks/size_and_power.py [--repetitions 2000] [--processes 2] [--only leaks] [--out docs/size-and-power.md] [--kept FILE]

Worlds are the simulator's: a right model, and eight planted defects at three strengths. With `--only`, one section is
measured and written into the page that is there. Ends with 1 when a default form rings on
a right model more than two points above its nominal size.
"""

import argparse
import os
import sys
from pathlib import Path

from size_power.jobs import plan_parts, run_all
from size_power.page import SECTIONS, Settings, build_page, list_misses, replace_section

PAGE = Path(__file__).resolve().parents[1] / "docs" / "size-and-power.md"


def main() -> int:
    """Measure, write the page, print it; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=20_261_130)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--only", choices=SECTIONS)
    parser.add_argument("--kept", type=Path, help="a file by which a run that was stopped goes on")
    asked = parser.parse_args()
    sections = [asked.only] if asked.only else SECTIONS
    parts = plan_parts(asked.repetitions, asked.seed, sections=sections)
    rates = run_all(parts, asked.processes, kept=asked.kept)
    settings = Settings(asked.repetitions, asked.seed)
    if asked.only:
        page = replace_section(asked.out.read_text(encoding="utf-8"), asked.only, rates, settings)
    else:
        page = build_page(rates, settings)
    asked.out.write_text(page, encoding="utf-8")
    print(page)
    return int(bool(list_misses(rates)))


if __name__ == "__main__":
    sys.exit(main())
