"""Which of several changes is at fault, measured: `python -m bench.attribution`.

recorded     a recorded canary release as attribution reads it
floors       what anybody would guess
changerca    the command that ranks the releases of recorded cases, and scores the ranking
"""
