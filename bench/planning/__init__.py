"""`python -m bench.planning`: how long plans take, and what they rest on beside the libraries people use.

Every service of a graph is released, each provider in a version that offers the old and the new interface and each
consumer in one that needs the new: so every edge orders two releases. Real graphs (`--data DIR`, not part of this
project) are read if they are there. Then a change of 5,000 releases in a catalog of 100,000 services and a million
dependencies, and the levels of a graph of that size beside rustworkx, networkx and graphlib, in one run.
"""
