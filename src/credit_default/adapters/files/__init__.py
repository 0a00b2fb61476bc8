"""Statement files: CSV, Parquet and Excel read as batches of rows, tables written for people."""
