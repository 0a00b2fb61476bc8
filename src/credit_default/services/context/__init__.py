"""What every service is given: wiring of adapters, the audit log, the origin of data."""
