"""Feature flags as they are served: the desk that keeps them, and the actuator that exposes them step by step."""
