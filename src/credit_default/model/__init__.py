"""Predict default: features, the forest, scoring, decisions, and how good they are."""
