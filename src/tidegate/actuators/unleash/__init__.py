"""A team's Unleash, through its admin API.

audience     a rule in JSONLogic becomes constraints
marks        titles and tags by which tidegate finds its own again
feature      a flag as Unleash has it
exposing     what an exposure is there, and what stands in its way
api          the client
fence        late commands are refused
validating   what would keep a step from working
exposures    exposing a flag, and taking that back
removals     archiving a flag, and reviving it
switching    off at once
actuator     all of it behind the port
"""
