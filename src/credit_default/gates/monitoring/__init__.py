"""Gates on a scored batch: feed, volume, drift, fairness, performance, and the alarms and retrainings that follow."""
