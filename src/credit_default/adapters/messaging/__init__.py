"""Messages in and out: SQS queues, S3 event notifications, watched folders, and alert messages to people."""
