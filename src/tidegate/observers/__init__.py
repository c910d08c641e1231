"""Evidence from what people run; each observer stands alone."""
