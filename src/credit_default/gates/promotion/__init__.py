"""The gate on a challenger: comparison, attempts, calibration, level, fairness, slices, structure."""
