"""The old and the new shape of a table held against each other: what is asked, and what the answers mean.

Read in this order:

1. `functions`: what one shape gives of the other, computed as the triggers compute it.
2. `tests`: what must hold of each row.
3. `ranges`: every row, range by range of the key: checksums of both sides, then the rows behind those that differ.
4. `sampling`: some rows as applications read them, through the views of both shapes.
5. `conformance`, `invariants`: types and conditions of the new columns; what the user says always holds.
6. `keys`: rows named without saying what is in them.
7. `tally`: answers gathered into a report; `findings`: a report as evidence of a gate.
"""
