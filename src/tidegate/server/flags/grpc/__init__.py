"""Flags by gRPC, as flagd serves them: its providers, and fleets of flagd itself, work with tidegate as they are.

sync         the whole set, for those who evaluate in process
evaluation   one flag or all of them, for those who ask
events       which flags have changed, for those who ask and keep answers
calls        who may call, how many at once
structs      JSON in the messages of gRPC
services     the methods of all, on a port

Nobody else publishes flagd's messages for Python than its provider, `openfeature-provider-flagd`; so this, which
serves, depends on a package that asks.
"""
