"""Contracts: which consumer version works against which provider version, and on what evidence.

    Specification   one version of what an interface offers, as read           specification
    Difference      what differs between two versions, and whom it breaks      differences
    Comparison      all differences, and an answer for each direction          differences
    Judgement       an answer about two live versions, with its evidence       judgement

Each kind of specification has a file (or a folder) of its own that says what it compares and what it cannot see.
"""
