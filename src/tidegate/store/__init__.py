"""What people query: rollouts, evidence and the hash-chained journal, through SQLAlchemy.

records     the values that go in and come out, frozen, with aware times in UTC
batches     the form in which evidence is stored with each look
chain       the hash chain: what an entry's hash covers, and where a chain is broken
schema      the tables
migrations  the steps by which a database came to have these tables
rows        rows in and out of any table
journal     an entry at the end of the chain
flag_forms  feature flags as their rows have them
engine      a database by URL (SQLite, PostgreSQL), brought to the newest schema; its errors made ours
flags       `FlagStore`: what is served of feature flags, a generation for each state of it
database    `Store`: the short transactions over all of it
"""
