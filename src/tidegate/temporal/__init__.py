"""Runs the pure machine durably."""
