"""Evidence from a share of the answers: does each keep the contract of the version that gave it?

library     what is on record of versions, and their contracts, read when first needed
tallies     what was checked of each version, and how it came out
observer    looks at the mesh while somebody wants it
"""
