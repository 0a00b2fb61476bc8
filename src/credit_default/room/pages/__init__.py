"""The pages of the control room, one module a group: each lists its routes and the least role of each."""
