"""Experiments: what a flag does to the people who are served its variants, on evidence that may be looked at any time.

definition   what is asked: variants and their shares over time, metrics, guards
intended     a flag as it is served -> its shares
roster       units and what each did, in bounded memory
early        outcomes that are told before their unit
census       who of them is counted, and what they did
moments      numbers of units, as sums
confidence   a confidence sequence, and how much information it needs
lift         two arms in several strata -> their difference
mismatch     whether units were drawn as was intended
report       a census -> what may be said of it
"""
