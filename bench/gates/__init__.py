"""The gate measured against bounds and against its peers: `python -m bench.gates`.

policies   how the peers decide
"""
