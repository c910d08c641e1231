"""Which versions work together, and on what evidence."""
