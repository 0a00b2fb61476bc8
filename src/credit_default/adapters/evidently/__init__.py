"""Evidently: the drift report of a batch, its HTML page, and the workspace that `evidently ui` shows."""
