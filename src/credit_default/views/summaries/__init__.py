"""The summary that a command or a flow run ends with."""
