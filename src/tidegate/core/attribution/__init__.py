"""Which of several changes that are live at once is at fault, and where a failure begins.

answer      what can be said: none, one, a pair, or why it cannot be told
journeys    by experiment, from whole journeys
edges       from counts per edge and the times of the releases, for meshes without traces
toggles     by switching suspects off in turn, where watching alone cannot tell
origin      where it begins, on a known graph, by metrics alone
"""
