"""The page on how batches and the champion fared over time."""
