"""A table moves to another database: an outbox carries every write there, and after the switch back.

Read in this order:

1. `carriage`: the tables on both sides, and what each column of one is by the other.
2. `events`: the change event, why no order of numbers is one of commits, and what many events come to.
3. `capture`: triggers that note writes, or refuse them.
4. `texts`, `carrying`: what is said to pull events and copy rows, exactly once.
5. `ranges`: both sides held against each other.
6. `parties`: the move that an operation means on two schemas, or why it cannot be.
7. `target`: the table where it goes. `unfold`: all phases, each with its way back.
"""
