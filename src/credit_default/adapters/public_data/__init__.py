"""The public data set, downloaded and cached."""
