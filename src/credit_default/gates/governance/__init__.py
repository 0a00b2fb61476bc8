"""What people decide about models and decisions, as values: overrides, findings, reviews, the inventory."""
