"""What applications use: a provider for OpenFeature that evaluates in their own process."""
