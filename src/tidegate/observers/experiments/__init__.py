"""Experiments on what applications push by OTLP: who was served which variant, and what they did.

decoding    log requests as they are read from the wire
events      events of logs and of spans -> what they tell of units
table       everything told of the experiments there are, in bounded memory
"""
