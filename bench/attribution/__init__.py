"""Which of several changes is at fault, measured: `python -m bench.attribution COMMAND`.

changerca    recorded canary releases: `recorded` reads them, `floors` is what anybody would guess
factorial    simultaneous canaries in traffic made up by `worlds`
matrix       faults on a live mesh
"""
