"""Where it begins, on a known graph, by metrics alone: also where no change is at fault. Data flows through these:

anomaly   how far a node is from usual, in amounts that add up from callee to caller
episode   an incident beside what is usual
account   what of an excess the callees account for
walk      from the node where it shows to the node where it begins
"""
