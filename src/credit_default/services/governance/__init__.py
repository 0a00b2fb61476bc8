"""What people decide: overrides of decisions, findings about models, reviews, the inventory as of a day."""
