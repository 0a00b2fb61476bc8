"""What is measured of a version after its verdict: assessment, charts, model card, and cards that a kill left owed."""
