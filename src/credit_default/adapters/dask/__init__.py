"""Dask: work on partitions of a batch, in processes of this machine or on a cluster of others."""
