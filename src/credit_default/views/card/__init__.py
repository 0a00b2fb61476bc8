"""The model card: its evidence, its sections and its text."""
