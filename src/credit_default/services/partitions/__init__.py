"""Batches in partitions: what a worker does with one, and the cluster that the workers are of."""
