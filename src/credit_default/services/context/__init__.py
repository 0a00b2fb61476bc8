"""What every service uses: the wiring of adapters, the audit log, the origin of data."""
