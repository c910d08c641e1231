"""Feature flags, as they are served to applications, and switched. A question flows through these, top to bottom:

access      who may read, by the token they have, or everyone on this machine
places      how many ask, and how many listen, at once
guard       both, before every question by HTTP
refusals    why a question is refused, as OFREP says it
body        the body of a question, of which a bounded part is kept
context     the evaluation context in it, within limits
snapshots   what is served now, compiled once a generation
answers     what is answered about a flag
tags        whether whoever asks has that answer already
ofrep       `POST /ofrep/v1/evaluate/flags`, of one flag or all
events      `GET /ofrep/v1/events`: that what is served has changed
sync        `GET /flags.json`, for whoever evaluates by themselves
reading     all of these as routes
changes     what is served, followed
grpc        the same as flagd serves it by gRPC

switches     `/v1/flags`: how flags stand; off and on, for whoever has the token of the API
containment  rollouts that expose a flag that is off are asked to take that back

serving      all of it over one desk, in whichever process
serve        `tidegate flags serve`
"""
