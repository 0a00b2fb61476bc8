"""What is on record of scored batches, as pages show it: which there are, and of one its figures, columns, outcomes and rejected rows."""
