"""Faults planted into clean data, to prove that the gates raise alarms."""
