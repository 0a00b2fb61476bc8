"""Files coming in: finding, checking, ingesting and quarantining statements."""
