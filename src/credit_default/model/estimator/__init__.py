"""The estimator: pipeline, fitting, calibration, scoring, decision, bundle and digest."""
