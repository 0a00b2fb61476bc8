"""Files coming in: finding, checking and ingesting statements, and looking up rejected rows."""
