"""A report on simulated scores with hostile labels, whose model expects too few defaults."""

import numpy as np

from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.report import ValidationReport, build_report

HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred", "a\u202eb", "'\"><b>")
POLICY = ValidationPolicy()


def make_sample(*, shift=0.0, row_count=3_000, seed=0) -> ScoredSample:
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1.55, 1.15, row_count)
    probability = 1 / (1 + np.exp(-odds))
    return ScoredSample(
        probability,
        defaulted=(generator.random(row_count) < 1 / (1 + np.exp(-odds - shift))).astype(float),
        band=np.where(probability < 0.2, HOSTILE[0], HOSTILE[1]),
        month=np.array(["2025-01", "2025-02", "2025-03"])[np.arange(row_count) % 3],
        client_id=np.arange(row_count) // 3,
        segments={HOSTILE[2]: np.array(HOSTILE)[generator.integers(0, 5, row_count)]},
    )


def make_hostile_report() -> ValidationReport:
    sample, reference = make_sample(shift=0.4), make_sample(seed=1)
    results = run_battery(sample, reference, POLICY, "d" * 64)
    return build_report(
        results,
        sample,
        reference=reference,
        policy=POLICY,
        subject=f"{HOSTILE[4]}.csv",
        input_digest="d" * 64,
        notes=(f"columns: {HOSTILE[0]}",),
    )
