"""Statement files: CSV, Parquet and Excel read as batches of rows, and tables exported for people."""
