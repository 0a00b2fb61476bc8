"""What the control room shows, read from the lake and its registry: the state now, batches, versions, clients, performance."""
