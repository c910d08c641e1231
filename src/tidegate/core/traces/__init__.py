"""Traces, reduced at once to what is needed. Data flows through these, top to bottom:

span      one span, as a source gives it; `loss`, why one cannot be used
journey   the calls of one trace as a tree: who called whom, in which versions, and how it ended
assemble  spans become a journey, by `forest`, `records`, `telling`, `attempts`, `clocks`
origins   where the failures of a journey began, and how far they came; `critical`, what its entry waited for
reading   what many journeys come to: counts, of bounded size, made by `counting`; `increase` between two of them
learned   the service graph as it really is, beside the declared one, made by `learning` and `drift`

The spans of a trace make a journey, a journey is counted, and only failing ones are kept.
"""
