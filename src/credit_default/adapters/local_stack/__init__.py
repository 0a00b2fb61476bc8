"""The processes of `credit-default up` on one machine: start, logs, credentials, databases."""
