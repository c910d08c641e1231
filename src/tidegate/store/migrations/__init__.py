"""How a database came to have its tables: one file a step in `versions`, newest last.

A step, once released, is never changed. To change a table: change `store.schema`, add the next step by hand;
a test compares what the steps make with what the schema says.
"""
