"""The summary that each command and flow run ends with."""
