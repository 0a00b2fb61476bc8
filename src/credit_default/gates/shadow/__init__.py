"""Which versions score in the shadow, and how a promotion turned out on the months that followed."""
