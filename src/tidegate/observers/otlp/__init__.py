"""Metrics that applications and browsers push by OTLP, as evidence. A push flows through these, top to bottom:

decoding    what a request is, on the wire
resources   who pushes: an instance of a version, or a browser
values      what a data point holds; histograms of any bounds by `buckets`
semantics   what is wanted, and what a data point counts for
points      request -> data points of wanted metrics
table       data points -> cumulative counts, of bounded size, by
            series      counters: what each data point adds
            levels      the newest of each instance
            sessions    visits of users, each counted once
            versions    what was counted of each
            lacks       what could not be counted
observer    table -> reading
"""
