"""Two versions on the same rows: who changes side, and by how much one is better."""
