"""Experiments measured on simulated units: `python -m bench.experiments`.

trials     simulated experiments, look after look
contest    our interval, a test that is repeated and one that waits, on the same units
mismatch   units that are not drawn as intended
report     tables
"""
