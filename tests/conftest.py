"""Shared by all tests: examples may take as long as a busy machine needs, and are the same on every run."""

from hypothesis import settings

settings.register_profile("tidegate", deadline=None, derandomize=True)
settings.load_profile("tidegate")
