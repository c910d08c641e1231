"""Which of several changes that are live at once is at fault.

answer      what can be said: none, one, a pair, or why it cannot be told
toggles     who it is, by switching suspects off in turn: for where watching alone cannot tell
"""
