"""Check a lake of credit-default from its files alone, by docs/format.md and by nothing of the system that wrote it."""
