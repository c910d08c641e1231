"""JSONLogic with the operators of flagd, compiled: a rule becomes a function of the context that it is asked about.

values      how numbers, text and truth follow from values of other types
lookup      what a context holds under a name
comparison  the same, less and more
operators   the table of operators that look at nothing but their arguments
fraction    who of all is in which share
semver      versions compared
forms       operators that decide which of their arguments are asked, and of what
compiling   a rule as a function
rules       a rule taken apart
checks      what is wrong with a rule

Semantics are those of https://jsonlogic.com and https://flagd.dev/reference/custom-operations, and in corners on which
both are silent those of openfeature-flagd-core. Whatever a context holds, the work that a rule does is bounded
(`limits`).
"""
