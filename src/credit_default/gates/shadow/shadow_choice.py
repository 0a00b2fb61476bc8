"""Choose which versions score a batch in the shadow, beside the champion and without a decision.

They are the newest challengers, whose scores are out of time for them, and for some months the
former champion, whose scores show whether its replacement was right.
"""

from collections.abc import Collection
from dataclasses import dataclass

from credit_default.errors import InputError


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """What scoring in the shadow may cost for a batch.

    Raises:
        InputError: A limit below 0, or no row or second.
    """

    newest_versions: int = 2  # challengers registered after the champion; 0 for none
    former_months: int = 6  # statement months that the former champion goes on for; 0 for none
    row_limit: int = 50_000  # rows of a batch; of a longer one a sample, the same for all versions
    seconds: float = 60.0  # no further version is begun after as long

    def __post_init__(self) -> None:
        lowest = {"newest_versions": 0, "former_months": 0, "row_limit": 1, "seconds": 0}
        for name, least in lowest.items():
            if not getattr(self, name) >= least:
                raise InputError(
                    f"setting shadow.{name}",
                    found=repr(getattr(self, name)),
                    expected=f"{least} or more",
                    remedy="Correct it; with newest_versions and former_months 0 nothing is scored in the shadow.",
                )


@dataclass(frozen=True, slots=True)
class FormerChampion:
    """The champion before the present one, and the statement months that it scored in the shadow."""

    number: int
    shadow_months: Collection[str]


@dataclass(frozen=True, slots=True)
class ShadowCandidates:
    """The versions that may score a batch in the shadow: at most `limit` of the challengers."""

    former: int | None  # the former champion, while its months last
    challengers: tuple[int, ...]  # registered after the champion, the newest first
    limit: int


def choose_shadow_candidates(
    registered: Collection[int],
    *,
    champion: int,
    former: FormerChampion | None,
    batch_months: Collection[str],
    policy: ShadowPolicy,
) -> ShadowCandidates:
    """Return which versions may score a batch in the shadow.

    Args:
        registered: The numbers of all versions.
        champion: The version that scored the batch.
        former: The champion before it; None where it was the first.
        batch_months: The statement months (YYYY-MM) of the batch.
        policy: How many versions, and for how long.
    """
    newer = tuple(sorted((n for n in registered if n > champion), reverse=True))
    limit = policy.newest_versions
    if former is None or former.number not in registered:
        return ShadowCandidates(None, newer, limit)
    is_due = len({*former.shadow_months, *batch_months}) <= policy.former_months
    challengers = tuple(number for number in newer if number != former.number)
    return ShadowCandidates(
        former.number if is_due else None, challengers if is_due else newer, limit
    )
