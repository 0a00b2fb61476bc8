"""A second version in a lake that has a champion: the champion's own bundle, registered by another run, and kept by the gate."""

from typing import Any

from credit_default.gates.verdict import Verdict

GAINS = {
    "log_loss": (0.44, 0.43, 0.01, -0.002, 0.022),
    "brier": (0.14, 0.139, 0.001, -0.001, 0.003),
    "roc_auc": (0.78, 0.79, 0.01, 0.004, 0.016),
    "cost_per_1000": (500.0, 490.0, 10.0, -5.0, 25.0),
}
REASON = "champion stays: a tie <b>& so on</b>"


def add_second_version(wiring: Any) -> int:
    """Register it as challenger with a verdict that has figures; return its number."""
    champion = wiring.registry.find_champion()
    bundle = wiring.registry.load_version(champion)
    with wiring.tracking.start_run("train", name="second", tags={}) as run:
        run.record_params({"recipe.family": "boosting"})
        version = wiring.registry.register(
            run, bundle, metrics={}, tags={"data_origin": "simulated"}
        )
    figures: dict[str, float] = {}
    for measure, (before, after, gain, low, high) in GAINS.items():
        figures |= {
            f"champion_{measure}": before,
            f"challenger_{measure}": after,
            f"{measure}_gain": gain,
            f"{measure}_gain_low": low,
            f"{measure}_gain_high": high,
        }
    verdict = Verdict("promotion", "refused", (REASON, "power: 1,000 rows"), figures)
    wiring.registry.record_verdict(version, verdict)
    return int(version.number)
