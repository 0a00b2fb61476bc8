"""The bounds of the gates `feed` and `volume`: what may be unusual before it is reported."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """Bounds on the content, the size and the time of a delivery.

    Shares are of the rows, 0-1. "Usual" is what the batches before show.
    """

    fewest_rows: int = 200
    confidence: float = 0.999  # that chance alone makes no column of a clean batch unusual
    rejected_margin: float = 0.01  # quarantined share above the usual one: watch
    new_share: float = 0.005  # rows with a code that the reference never held: watch
    # Rows whose figure equals that of the month before, above the reference's share.
    repeat_margin: float = 0.05  # watch
    stale_margin: float = 0.25  # alarm
    missing_margin: float = (
        0.02  # missing values of an optional column above the usual share: watch
    )
    tail_margin: float = 0.1  # rows smaller, or larger, than nearly all of the reference's: watch
    highest_scale: float = 5.0  # factor by which the median of an amount grew or shrank: alarm
    # PSI of static codes (sex, education) against the month before.
    mix_threshold: float = 0.02  # watch
    highest_mix: float = 0.1  # alarm
    # Share of the rows of every other code that one code took since the month before.
    filled_margin: float = 0.1  # watch
    highest_filled: float = 0.25  # alarm
    twin_margin: float = 0.05  # rows identical in every input, above the reference's share: alarm
    fewest_earlier_batches: int = 3  # with fewer, nothing is reported as unusual
    # Rows over the median of the batches before.
    lowest_usual_ratio: float = 0.5  # watch
    highest_usual_ratio: float = 2.0  # watch
    lowest_ratio: float = 0.1  # alarm
    highest_ratio: float = 10.0  # alarm
    highest_gap_ratio: float = 2.0  # days since the last batch, over the longest wait before: watch
