"""What people query: rollouts, evidence and the hash-chained journal, through SQLAlchemy.

records     the values that go in and come out, frozen, with aware times in UTC
batches     the form in which evidence is stored with each look
chain       the hash chain: what an entry's hash covers, and where a chain is broken
schema      the tables
migrations  the steps by which a database came to have these tables
engine      a database by URL (SQLite, PostgreSQL), brought to the newest schema; its errors made ours
database    `Store`: the short transactions over all of it
"""
