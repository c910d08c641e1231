"""Which of several changes is at fault, and where a failure begins, measured: `python -m bench.attribution COMMAND`.

changerca    recorded canary releases: `recorded` reads them, `floors` is what anybody would guess
factorial    simultaneous canaries in traffic made up by `worlds`
matrix       faults on a live mesh
petshop      recorded issues on a known graph: `petshop_cases` reads them, `petshop_floor` is the published traversal,
             `petshop_stress` makes up more
"""
