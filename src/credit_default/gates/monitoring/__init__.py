"""Gates on a scored batch, and the alarms and retrainings that follow from their verdicts."""
