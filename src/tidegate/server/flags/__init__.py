"""Feature flags, as they are served to applications."""
