"""Deployments: their definitions, the serve process and missed runs."""
