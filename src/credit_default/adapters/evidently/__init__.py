"""Evidently: the drift report of a batch, its statistics, its HTML page and the workspace."""
