"""Faults planted into clean data, to prove that alarms ring."""
