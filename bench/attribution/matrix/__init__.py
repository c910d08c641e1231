"""Faults on a live mesh, several canaries at once, and what attribution makes of them.

shop      eight services, and what a release of one may do differently
faults    the matrix: which releases, what is wrong with them, who is guilty
field     the mesh that they run on: canaries out, weights, back
traffic   users' requests, and the journeys that traces make of them
search    toggles on the mesh, where traces cannot tell
trials    one fault after the other: from exposure to an answer
score     what came of it, as a table and as JSON
"""
