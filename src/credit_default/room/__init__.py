"""The control room: pages that show the state of a lake and let people act, from the same services as the command line."""
