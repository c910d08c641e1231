"""Effects on what people run; each actuator stands alone."""
