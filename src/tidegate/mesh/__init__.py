"""A real local platform: Envoy, service processes, their configuration and state."""
