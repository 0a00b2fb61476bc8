"""Every number of the validation battery, with its reason, and the identity of a set of them."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ValidationPolicy:
    """The battery's numbers. Shares and p-values are 0-1."""

    # Lights: the null hypothesis of a test is rejected at these levels.
    amber_level: float = 0.05
    red_level: float = 0.01
    # What can be judged at all.
    fewest_rows: int = 200
    fewest_outcomes: int = 10  # rows of each outcome
    fewest_clients: int = 50  # for a standard error over clients who have several rows
    fewest_band_rows: int = 20  # in a band, segment or month, where each is judged by itself
    fewest_months: int = 4  # for a test over time
    # How a score without bands is cut, and how many bins a distribution is compared in.
    band_count: int = 10
    bin_count: int = 10
    # Defaults move together: BCBS WP14 shows 5 % as a cautious value; Basel's for cards is 4 %.
    asset_correlation: float = 0.04
    # The industry's limits of the PSI, which hold no error rate: shown beside the test.
    psi_watch: float = 0.10
    psi_alarm: float = 0.25
    # With enough rows any change is significant: below these sizes a change stays green.
    least_psi: float = 0.01
    # Data.
    highest_duplicate_share: float = 0.001
    highest_outside_share: float = 0.01  # of a variable's values outside the development range
    least_completeness: float = 0.95  # of a month's outcomes; half of the missing ones are red
    # Decisions by hand.
    highest_override_share: float = 0.05
    # Fairness: the four-fifths rule, and the gap in acceptance of those who paid.
    lowest_selection_ratio: float = 0.80
    highest_opportunity_gap: float = 0.05
    # Stability under other seeds and other samples.
    highest_refit_spread: float = 0.01  # standard deviation of the ROC AUC
    highest_score_spread: float = 0.05  # mean standard deviation of a client's probability
    lowest_reason_agreement: float = 0.70  # share of clients whose first reason stays the same

    @property
    def policy_id(self) -> str:
        """Return twelve hexadecimal digits that change with any value of the policy."""
        values = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(values.encode()).hexdigest()[:12]
