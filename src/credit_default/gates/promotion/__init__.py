"""Judging a challenger: paired comparison, calibration, fairness, slices and structure."""
