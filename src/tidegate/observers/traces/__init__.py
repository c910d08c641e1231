"""Traces that are pushed by OTLP, reduced at once to counts of journeys. A push flows through these, top to bottom:

decoding     what a request is, on the wire
redaction    names and reasons without any value of a user
conventions  what attributes say of a span: its operation, and how it ended
spans        request -> spans, each checked
losses       why a span cannot be used
names        how many versions and operations are told apart
waiting      spans, until their trace is complete
table        traces -> journeys -> cumulative counts, of bounded size
failing      journeys that failed, a few of each origin
backends     one trace by its id, from Tempo or Jaeger
"""
