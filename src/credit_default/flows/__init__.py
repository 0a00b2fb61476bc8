"""Prefect flows: the order of the services, with retries and names. No other layer uses Prefect."""
