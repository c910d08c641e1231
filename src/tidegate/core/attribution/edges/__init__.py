"""Which of several releases did it, by edges: what callers and callees counted, and when each release was made.

This is for meshes without traces. Data flows through these, top to bottom:

observed    releases with their times, and what was seen in each interval
aligned     one row of intervals, where each gate looked at moments of its own
compared    new instances beside old ones, level by level
counted     calls of the new version beside those of the old one, edge by edge, and pairs of new versions
reach       which releases can be at fault when calls of an edge fail
symptoms    in which intervals each edge failed
timing      how well the beginning of a release explains them
attribute   all of it together: the ranking and the answer

What is compared within an interval is an experiment, and only that can blame. Time orders what is left.
"""
