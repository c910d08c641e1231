"""The same machine in an imagined world with a virtual clock."""
