"""What follows a verdict: a version's assessment, charts and card, and cards that a kill left owed."""
