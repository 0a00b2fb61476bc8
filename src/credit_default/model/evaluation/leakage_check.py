"""Refuse a ROC AUC on the public data set that is too high to be free of leakage.

With these inputs the best model that we measured is a blend of four families, at a ROC AUC of .79
on pooled folds (docs/adr/0014); the published cross-validations that we know of end there too. A
model that is better by a hundredth has had access to the outcomes: an outcome among the inputs, a
client on both sides, or statistics taken over the rows that it is judged on.
"""

from dataclasses import dataclass

from credit_default.errors import RefusedError

_REMEDY = (
    "Look for the leak: an outcome among the inputs, clients on both sides, or statistics computed "
    "over the rows that are judged."
)


@dataclass(frozen=True, slots=True)
class LeakCeilingPolicy:
    """The highest plausible ROC AUC, and the number of unseen rows from which it is enforced."""

    highest_roc_auc: float = 0.80
    # on fewer rows chance alone can lift a sound model above it: ±.014 on 6,000 rows
    fewest_rows: int = 10_000


def check_leak_ceiling(
    roc_auc: float, *, row_count: int, thing: str, policy: LeakCeilingPolicy | None = None
) -> None:
    """Raise unless a ROC AUC on the public data is plausible.

    Args:
        roc_auc: The ROC AUC (0–1); NaN is not plausible.
        row_count: Number of unseen rows behind it.
        thing: What was measured, for the message.
        policy: The ceiling; None for the default.

    Raises:
        RefusedError: the ROC AUC is above the ceiling.
    """
    policy = policy or LeakCeilingPolicy()
    if row_count >= policy.fewest_rows and not roc_auc <= policy.highest_roc_auc:
        raise RefusedError(
            thing,
            found=f"an ROC AUC of {roc_auc:.4f} on {row_count:,} rows that it should not have seen",
            expected=f"{policy.highest_roc_auc:.2f} at most: the best published results end at .79",
            remedy=_REMEDY,
        )
