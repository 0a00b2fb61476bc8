"""The history page: batches, champions and alarms over time."""
