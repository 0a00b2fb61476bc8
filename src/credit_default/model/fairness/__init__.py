"""Whether groups of clients are treated alike: metrics by group, proxies and flip tests."""
