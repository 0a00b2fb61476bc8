"""Beyond belief: what no honest model reaches on the public data set, so that a figure above it is a leak to be found.

With these inputs the best that we measured is a blend of four families, at an ROC AUC of .79 on pooled folds
(docs/adr/0014), and the published cross-validations that we know of end there too. What beats that by a hundredth has
seen the answer: an outcome among the inputs, a client on both sides, statistics taken over the rows that are judged.
"""

from dataclasses import dataclass

from credit_default.errors import RefusedError


@dataclass(frozen=True, slots=True)
class LeakCeilingPolicy:
    """The highest believable ROC AUC, for how many unseen rows it is said."""

    highest_roc_auc: float = 0.80
    # on fewer, chance alone carries an honest figure over: +-.014 on 6,000 rows
    fewest_rows: int = 10_000


def check_leak_ceiling(
    roc_auc: float, *, row_count: int, thing: str, policy: LeakCeilingPolicy | None = None
) -> None:
    """Nothing, when the figure of `thing` on that many unseen rows of the public data can be believed.

    Raises:
        RefusedError: it cannot.
    """
    policy = policy or LeakCeilingPolicy()
    if row_count >= policy.fewest_rows and not roc_auc <= policy.highest_roc_auc:
        raise RefusedError(
            thing,
            found=f"an ROC AUC of {roc_auc:.4f} on {row_count:,} rows that it should not have seen",
            expected=f"{policy.highest_roc_auc:.2f} at most, which nobody honest exceeds on this data",
            remedy="Look for the leak: an outcome among the inputs, clients on both sides, statistics over judged rows.",
        )
