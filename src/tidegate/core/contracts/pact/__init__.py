"""Pact: what a consumer needs of a provider, as examples and matching rules (versions 1 to 4).

    read       document -> Contract ─ Interaction ─ Request, Response, Message     model, bodies, paths, rules
    match      an actual request, response or message against an expected one      scope, matchers, dates, media
                                                                                   values (JSON), xml
    check      a contract against the provider's specification                     request, response
    uses       the parts of an interface that an interaction touches
    compare    two versions of one contract

A contract says what its examples show and nothing else: what a consumer sends or reads beside them, timing, load,
the order of calls and whether a provider state can be set up cannot be seen. Bodies that a plugin describes
(Protobuf, gRPC, CSV) and matchers that are not named here make an answer unknown.
"""
