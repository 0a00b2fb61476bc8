"""Prefect events: emitted in a run, delivered to the server, told once for the champion."""
