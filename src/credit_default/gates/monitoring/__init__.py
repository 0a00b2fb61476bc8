"""Judging a scored batch: feed, volume, drift, performance, alarms and retraining."""
