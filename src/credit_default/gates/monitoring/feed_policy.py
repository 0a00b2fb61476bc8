"""What may be odd about a delivery before somebody is told: one policy for what a batch holds, how much and how fresh."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """Bounds of the verdicts `feed` and `volume`. Shares are of the rows, 0-1; the usual is that of the batches before."""

    fewest_rows: int = 200
    confidence: float = 0.999  # that chance alone makes no column of a clean batch odd
    rejected_margin: float = 0.01  # quarantined share above the usual one: watch
    new_share: float = 0.005  # rows with a code that the reference never held: watch
    repeat_margin: float = (
        0.05  # rows whose figure is that of a month before, above the reference's share: watch
    )
    stale_margin: float = 0.25  # likewise: alarm
    tail_margin: float = 0.1  # rows smaller, or larger, than nearly all of the reference's: watch
    highest_scale: float = 5.0  # times by which the middle size of an amount grew or shrank: alarm
    mix_threshold: float = (
        0.02  # psi of who the clients are (sex, education), against the month before: watch
    )
    highest_mix: float = 0.1  # likewise: alarm
    filled_margin: float = (
        0.1  # rows of all other codes alike that one code took since the month before: watch
    )
    highest_filled: float = 0.25  # likewise: alarm
    twin_margin: float = (
        0.05  # rows equal to another in every input, above the reference's share: alarm
    )
    fewest_earlier_batches: int = 3  # without so many, nothing is unusual
    lowest_usual_ratio: float = 0.5  # rows, over the median of the batches before: watch
    highest_usual_ratio: float = 2.0
    lowest_ratio: float = 0.1  # likewise: alarm
    highest_ratio: float = 10.0
    highest_gap_ratio: float = 2.0  # days since the last batch, over the longest wait before: watch
