"""How many spans a core receives, what that takes, and whether any gets lost uncounted.

made      spans as a mesh sends them, in pushes of any size
stages    what each step of the way takes, in one process
server    the receiver in a process of its own, which tells what became of the spans and what that took
pushing   clients of it, by either transport, as fast as they can or at a rate
trials    the stated rate, a flood, a flood of traces that never end
command   all of it
"""
