"""Verdicts from counts, valid however often one looks."""
