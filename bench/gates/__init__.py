"""The gate measured against bounds and against its peers: `python -m bench.gates`.

policies   how the peers decide
streams    simulated traffic, and what makes failures come together
contest    ours and theirs on the same traffic
bounds     ours against the least that any test needs
report     tables
pictures   drawings
simulate   the command that runs all of these

canaries   recorded releases, of which only levels are known
levels     our gate on them
peers      theirs
placebo    old pods taken for canaries
changerca  the command that runs these
"""
