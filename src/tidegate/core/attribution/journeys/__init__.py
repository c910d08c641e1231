"""Which of several releases did it, by experiment, from whole journeys. Data flows through these, top to bottom:

suspects      the releases, which of them may fail only together, and what an answer must keep to
cells         journeys as rows, and the arms that each hypothesis compares
draws         whether versions are drawn independently
latency       how long journeys took, as counts
rise          whether journeys fail more than before where they met nothing new
likelihood    which hypothesis explains failures best
weighing      the evidence on every hypothesis
experiment    all of it as one value, look after look
ranking       all suspicions, the strongest first
outlook       how many more failing journeys would settle it
identifiable  of whom journeys say nothing, and why
factorial     the answer
"""
