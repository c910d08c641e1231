"""Data migrations with a way back: a schema moves while old and new versions of applications read and write it.

Read in this order:

1. `operations`: what somebody wants, as values.
2. `schema`: the database as it was found.
3. `phases`: expand, dual write, backfill, verify, switch, contract.
4. `statements`: what is said to the database, what it locks and for how long.
5. `unfolding`: operations on a schema, unfolded into phases, each with its way back.
6. `state`: how far it has come.
"""
