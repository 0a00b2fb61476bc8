"""How often, and after which waits, a request is sent again while other clients write the same object.

S3 answers 409 while another client's conditional write of the same key is under way. botocore does not retry those, since
the answer is about the object and not about the request.
"""

import logging
import random
import time
from collections.abc import Iterator

from credit_default.adapters.storage.s3_client import S3Policy
from credit_default.errors import ServiceError

_FIRST_WAIT_SECONDS = 0.05
_LOG = logging.getLogger(__name__)


def iterate_attempts(policy: S3Policy, *, uri: str) -> Iterator[int]:
    """Yield the number of each attempt that the policy allows, 0 first, and wait before each but the first.

    The wait doubles with each attempt and is drawn at random, so that waiting clients do not ask all at once.

    Args:
        policy: Says how many attempts there are and how long the longest wait is.
        uri: The object, for the log.
    """
    for attempt in range(policy.conflict_attempt_count):
        if attempt:
            longest = min(_FIRST_WAIT_SECONDS * 2**attempt, policy.longest_wait_seconds)
            _LOG.debug("object busy or changed, trying again uri=%s attempt=%d", uri, attempt + 1)
            time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads clients out, protects nothing
        yield attempt
    _LOG.warning(
        "object still busy, giving up uri=%s attempts=%d", uri, policy.conflict_attempt_count
    )


def build_conflict_error(policy: S3Policy, *, uri: str) -> ServiceError:
    """Return the error that other clients wrote the object at each of the attempts."""
    return ServiceError(
        uri,
        found=f"other clients writing it at each of {policy.conflict_attempt_count} attempts",
        expected="an object that no other client is writing",
        remedy="Wait a little and run the same command again: nothing was left half done.",
    )
