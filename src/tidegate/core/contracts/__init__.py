"""Contracts: which consumer version works against which provider version, and on what evidence.

    specification, differences     one version of what an interface offers, as read; two of them side by side:
                                   a Comparison holds Differences, and an answer for each direction
    openapi  asyncapi  json_schema  graphql  avro  protobuf
                                   how each kind is compared; `schemas` is shared by those that hold JSON Schemas
    pact, consumer                 what a consumer needs, and which differences count for it
    records, versions              what is on record of versions; what they are called
    evidence                       two live versions (`pair`), judged by the strongest of these (`judgement`)
    retirement                     what a specification announces to go away
    conformance                    one answer held against the contract of the version that gave it

Each kind has a file (or a folder) of its own that says what it compares and what it cannot see.
"""
