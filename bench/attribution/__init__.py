"""Attribution measured: who is at fault, and how soon that is known: `python -m bench.attribution`.

petshop_cases   recorded issues on a known graph
petshop_floor   what their authors make of them
petshop_stress  faults made up at every other node, as all of the recorded ones may begin at one
petshop         the command that ranks the nodes of every issue, and scores the ranking
"""
