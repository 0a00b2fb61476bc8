"""Commands on data, models and batches."""
