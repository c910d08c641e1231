"""SQL as text: read without a server, and written.

`tokens` cuts it, `names` and `expressions` write and ask of its smallest parts, `definitions` what a table consists of.
`constraints`, `indexes`, `tables`, `carried` and `raw` are operations unfolded into phases, each with its way back;
`guarantees` says what forms of migrations cannot promise.
"""
