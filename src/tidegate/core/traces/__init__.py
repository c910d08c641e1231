"""Traces, reduced at once to what is needed. Data flows through these, top to bottom:

span      one span, as a source gives it
journey   the calls of one trace as a tree: who called whom, in which versions, and how it ended
reading   what many journeys come to: counts, of bounded size

The spans of a trace make a journey, a journey is counted, and only failing ones are kept.
"""
