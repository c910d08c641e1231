"""A safe order for a change: steps, edges with reasons, waves, undo sets."""
