"""Feature flags as they are served.

desk        keeps what is served, and wakes everybody who waits for news
files       the files that define them, followed
audience    whether the rule of an audience can be served
hindrances  what keeps a step from working
actuator    exposes them step by step, and removes them
switching   the kill switch, with a server or without
"""
