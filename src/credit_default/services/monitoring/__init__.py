"""Monitoring a scored batch: drift, feed, performance, alarms, retraining, history."""
