"""The profile of a batch: binned counts of each column, and the distance between two profiles."""
