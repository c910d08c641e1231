"""At run time: do answers keep the contract of the version that gave them, and do callers call what they declared?

    Exchange      one call with its answer, as somebody saw it                      exchange
    Checked       whether a contract allows an answer, and how it does not          check
    forms         a schema of OpenAPI as JSON Schema 2020-12                        forms
    judged        a body against a schema, in bounded time                          schemas
    shape         a body without its values, which is all that is ever shown        redaction
    mismatch      what a caller calls beside what it declared                       calls

Seen are the operation, the status, the content type and JSON bodies. Not seen are what `pattern` and `format` ask
for (a pattern may take for ever, and a format asserts nothing by itself), headers, other bodies than JSON, and
names that only `patternProperties` declares.
"""
