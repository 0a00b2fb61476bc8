"""Let Python look for garbage less often: imports make millions of objects that all stay, and looking costs a fifth of them."""

import gc

# Python's own thresholds (700, 10, 10) fit programs that grow slowly; what becomes garbage is freed by counting anyway
_THRESHOLDS = (100_000, 50, 100)


def collect_rarely() -> None:
    """Set how often this process looks for cycles of garbage. Call it first, in a process that we start ourselves."""
    gc.set_threshold(*_THRESHOLDS)
