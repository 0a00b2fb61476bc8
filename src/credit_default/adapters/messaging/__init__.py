"""Messages in and out: SQS, S3 events, watched folders, alert messages to people."""
