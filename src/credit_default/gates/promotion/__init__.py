"""The gate on a challenger: paired comparison, calibration, fairness, slices and structure."""
