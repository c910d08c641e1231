"""Pact: what a consumer needs of a provider, as examples and matching rules (versions 1 to 4).

    read       documents -> Contract ─ Interaction ─ Request, Response, Message     model, bodies, paths, rules
    match      an actual request, response or message against an expected one       scope, values, xml, headers,
                                                                                    matchers, dates, media
    check      a contract against the provider's specification                      request, response, promises,
                                                                                    implied, fits, readers, found
    uses       the parts of an interface that an interaction uses
    compare    two versions of a contract                                           demands

A contract says what its examples show and nothing else: what a consumer sends or reads beside them, timing, load,
the order of calls, and whether a provider state can be set up, cannot be seen. A regular expression must match a
whole value. Bodies that a plugin describes (Protobuf, gRPC, CSV) are compared as bytes; a matcher that is not named
in `matchers` makes an answer unknown.
"""
