"""How well specifications are compared: against corpora that others wrote, and programs that others use."""
