"""Tidegate carries out a change that spans many services without letting one bad release cascade.

Data flows one way, and so do imports, down towards `core`:

core        pure: values in, values out; no clock, dice, network or files
ports       Actuator (validate, apply, verify, revert) and Observer (read)
sources     files become typed values; every problem at once, with file and line
otlp        what metrics, traces and logs by OTLP have in common: encodings, limits, attributes
mesh        a real local platform: Envoy, service processes, their configuration and state
actuators   effects: the local mesh, a user's own commands, a team's Unleash, memory
observers   evidence: Envoy's counters, Prometheus, metrics and traces pushed by OTLP, memory
openfeature a provider for applications that evaluate flags in their own process
comparers   two specifications side by side, by kind; Protobuf through the program buf
store       what people query: rollouts, evidence, the hash-chained journal
flags       the desk that keeps what is served of flags, their actuator, the kill switch
temporal    runs the pure machine durably
bootstrap   the one file that knows adapters and workflow both
server      the local API and what `tidegate up` supervises
client      a typed client of that API
demo        four stories on the example mesh, the soak and the benches
cli         the command `tidegate`
"""
