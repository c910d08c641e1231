"""A real local platform without a daemon: a directory, an Envoy, service processes, perhaps a load generator.

Everything outlives the tidegate process that started it; whatever is known lies in the directory, and every
change to it happens under that directory's lock.

layout      where things lie in a mesh directory
state       what should be so: values, their JSON, and the pure steps from one to the next
store       the directory's lock and its two stored states: wanted, and last acknowledged
behaviour   what one version of a demo service does, as values
message     Envoy's messages as JSON values
runtime, routes, tracing, listeners, render
            state to Envoy configuration, pure
admin       Envoy's admin interface, bounded in bytes and time
pidlock     one process a name: a lock that lives and dies with its process
launch      become another program while holding such a lock
process     start, find and stop processes by their locks
publish     put one configuration file before Envoy and know whether it was taken
dataplane   make the world as a state wants it, in an order that is safe at every moment
collector   who receives the spans
probe       is this very version answering, directly or through Envoy
up          up, down
status      how it is
"""
